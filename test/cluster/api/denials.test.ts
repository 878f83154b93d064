/** The message names who denied a write, however the API server words it. */
import { expect, onTestFinished, test } from 'vitest';
import { KubeApiError } from '../../../src/platform/kube/errors.ts';
import { CONFIG_MAPS } from '../../../src/platform/kube/resources.ts';
import { sendJson, startApiSocket } from '../../support/kube/api-socket.ts';
import { makeCertificate } from '../../support/kube/certificate.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { createNamespace, kubectl } from '../shared-control-plane.ts';
import { clientAs, soon } from './kube-clients.ts';

const PLANTED = 'hunter2';

async function apply(...objects: readonly object[]): Promise<void> {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await kubectl(['apply', '--server-side', '--filename', '-'], { stdin });
  onTestFinished(async () => {
    await kubectl(['delete', '--ignore-not-found', '--filename', '-'], { stdin });
  });
}

/** The first denial: an API server takes a moment to see what denies. */
async function denial(namespace: string, user = 'admin'): Promise<KubeApiError> {
  const client = clientAs(user);
  let tries = 0;
  return await waitFor(
    async () => {
      const metadata = { namespace, name: `try-${++tries}` };
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: PLANTED } };
      try {
        await client.create(CONFIG_MAPS, object, soon());
        return null;
      } catch (error) {
        if (error instanceof KubeApiError) return error;
        throw error;
      }
    },
    { timeoutMs: 30_000, describe: 'a denied write', intervalMs: 200 },
  );
}

const inNamespace = (namespace: string) => ({
  matchLabels: { 'kubernetes.io/metadata.name': namespace },
});
const CONFIG_MAP_WRITES = {
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['CREATE'],
};

test('a ValidatingAdmissionPolicy', async () => {
  const namespace = await createNamespace('denials');
  const name = `freeze-${namespace}`;
  const group = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name } };
  await apply(
    {
      ...group,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        matchConstraints: { resourceRules: [CONFIG_MAP_WRITES] },
        validations: [{ expression: 'false', messageExpression: '"not with " + object.data.a' }],
      },
    },
    {
      ...group,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: inNamespace(namespace) },
      },
    },
  );
  const error = await denial(namespace);
  expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN', advice: 'give-up' });
  expect(error.message).toContain('(422 ');
  expect(error.message).toMatch(`denied by the ValidatingAdmissionPolicy ${name}: `);
  expect(error.message).not.toContain(PLANTED);
});

/** Answers every review as the test says. */
async function webhook(namespace: string, answer: object | null): Promise<string> {
  const tls = makeCertificate();
  const server = await startApiSocket(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { uid } = JSON.parse(text).request;
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
    const body = { ...review, response: { uid, allowed: false, ...answer } };
    sendJson(response, answer === null ? 500 : 200, body);
  }, tls);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const name = `${namespace}.example.com`;
  await apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: namespace },
    webhooks: [
      {
        name,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          url: server.url,
          caBundle: Buffer.from(tls.certificate).toString('base64'),
        },
        rules: [CONFIG_MAP_WRITES],
        namespaceSelector: inNamespace(namespace),
      },
    ],
  });
  return name;
}

test.each([
  ['and says nothing', 400, {}],
  ['in words of its own', 400, { status: { message: PLANTED } }],
  [
    'as if the namespace were ending, with more to say',
    403,
    {
      status: {
        ...{ message: PLANTED, code: 403, reason: 'Forbidden' },
        details: {
          causes: [{ reason: 'NamespaceTerminating', field: PLANTED }],
          retryAfterSeconds: 300,
        },
      },
    },
  ],
  ['as if it were a conflict', 409, { status: { message: PLANTED, code: 409 } }],
  ['as if the server had failed', 500, { status: { message: PLANTED, code: 500 } }],
])('an admission webhook that denies %s', async (_, status, answer) => {
  const namespace = await createNamespace('denials');
  const name = await webhook(namespace, answer);
  const error = await denial(namespace);
  expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN', advice: 'give-up' });
  expect(error.message).toContain(`(${status} `);
  expect(error.message).toContain(`denied by the admission webhook ${name}: `);
  expect(error.message).not.toContain(PLANTED);
});

test('an admission webhook that does not answer', async () => {
  const namespace = await createNamespace('denials');
  const name = await webhook(namespace, null);
  const error = await denial(namespace);
  expect(error).toMatchObject({
    code: 'KUBE_WEBHOOK_FAILED',
    advice: 'retry',
  });
  expect(error.message).toContain(`the admission webhook ${name} does not answer`);
});

test('a quota that is used up', async () => {
  const namespace = await createNamespace('denials');
  const hard = { 'count/configmaps': '0' };
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace } };
  await apply({ ...quota, spec: { hard } });
  // The part of the controller manager, which is not there.
  const status = JSON.stringify({ status: { hard, used: hard } });
  const patch = ['patch', 'quota', 'none', '-n', namespace, '--subresource=status'];
  await kubectl([...patch, '--type=merge', '--patch', status]);
  const error = await denial(namespace);
  expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN', advice: 'give-up' });
  expect(error.message).toContain('the ResourceQuota none is used up: ');
});

test('a right that is missing', async () => {
  const error = await denial(await createNamespace('denials'), 'powerless');
  expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN', advice: 'give-up' });
  expect(error.message).toContain('a right is missing: ');
});
