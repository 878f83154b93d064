/**
 * Mutating admission policies of the API server itself undo what the operator writes: rotation and
 * revocation go on, and the set says who changes what.
 */
import { expect, onTestFinished, test } from 'vitest';
import { eventually, FAST_SPEC, started } from '../operator/operator-cases.ts';
import { createNamespace, kubectl, request } from '../shared-control-plane.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';

interface Stamp {
  readonly resource: 'secrets' | 'configmaps';
  /** CEL: the objects that it concerns. */
  readonly matches: string;
  /** A JSON pointer, which gets this value with each write. */
  readonly path: string;
  readonly value: string;
}

/** What a platform team has for its cost centres, and for its own records. */
const COST_CENTER: Stamp = {
  resource: 'secrets',
  matches: 'has(object.metadata.labels)',
  path: '/metadata/labels/cost-center',
  value: 'platform',
};
const DATA_ENTRY: Stamp = {
  resource: 'configmaps',
  matches: "has(object.metadata.labels) && 'signingkeys.dev/set' in object.metadata.labels",
  path: '/data/stamp',
  value: 'platform',
};

/** A policy in force in one namespace. It ends with the test. */
async function stampAll(namespace: string, { resource, matches, path, value }: Stamp) {
  const name = `${namespace}-${resource}`;
  const expression = `[JSONPatch{op: "add", path: "${path}", value: "${value}"}]`;
  const spec = {
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: [resource],
        },
      ],
    },
    matchConditions: [{ name: 'ours', expression: matches }],
    mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
  };
  const bodies = {
    mutatingadmissionpolicies: { metadata: { name }, spec },
    mutatingadmissionpolicybindings: { metadata: { name }, spec: { policyName: name } },
  };
  for (const [plural, body] of Object.entries(bodies)) {
    const { status } = await request({ method: 'POST', path: `${GROUP}/${plural}`, body });
    expect(status).toBe(201);
    onTestFinished(async () => {
      await request({ method: 'DELETE', path: `${GROUP}/${plural}/${name}` });
    });
  }
  const labels = { 'signingkeys.dev/set': 'probe' };
  const probe = { metadata: { name: 'probe', labels }, data: { entry: 'ZW50cnk=' } };
  await eventually('the policy to be in force', async () => {
    const { body } = await request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/${resource}?dryRun=All`,
      body: probe,
    });
    return JSON.stringify(body).includes(`"${value}"`);
  });
}

async function revoke(namespace: string, kid: string): Promise<void> {
  const entry = { kid, reason: 'KeyCompromise' };
  const patch = JSON.stringify([{ op: 'add', path: '/spec/revocations', value: [entry] }]);
  await kubectl(['-n', namespace, 'patch', 'sks', 'payments', '--type=json', '-p', patch]);
}

test('a policy sets a label of the signer to another value: rotation and revocation go on', async () => {
  const { namespace, sets, statusOf, condition, secret } = await started('op-contested');
  const signer = { labels: { 'cost-center': 'payments' } };
  await sets.create('payments', { ...FAST_SPEC, signer });
  await eventually('a first key', async () => (await statusOf('payments')).activeKey === '#1');
  await stampAll(namespace, COST_CENTER);
  await eventually('a rotation', async () => {
    return (await statusOf('payments')).activeKey !== '#1';
  });
  const contested = await eventually('the condition', () => condition('payments', 'Contested'));
  expect(contested).toMatchObject({ status: 'True', reason: 'StepUndone' });
  expect(contested.message).toContain('Secret payments-signer: metadata.labels[cost-center]');
  expect(contested.message).toContain('an admission policy or webhook changes it');
  const events = await kubectl(['-n', namespace, 'get', 'events', '-o', 'jsonpath={..reason}']);
  expect(events.split(' ')).toContain('StepUndone');

  const { activeKid = '', activeKey = '' } = await statusOf('payments');
  await revoke(namespace, activeKid);
  await eventually('the end of the revoked key', async () => {
    return (await secret(`payments-key-${activeKey.slice(1)}`)) === null;
  });
  expect((await secret('payments-signer'))?.text['kid']).not.toBe(activeKid);
  expect(await condition('payments', 'RotationOverdue')).toMatchObject({ status: 'False' });
}, 180_000);

test('a client that puts a label back is named by its field manager', async () => {
  const { namespace, sets, statusOf, condition } = await started('op-contested-by');
  const signer = { labels: { 'cost-center': 'payments' } };
  await sets.create('payments', { ...FAST_SPEC, rotation: { interval: '720h' }, signer });
  await eventually('a first key', async () => (await statusOf('payments')).activeKey === '#1');
  const label = ['label', '--overwrite', '--field-manager=cost-bot', 'secret', 'payments-signer'];
  const contested = await eventually('the condition', async () => {
    await kubectl(['-n', namespace, ...label, 'cost-center=platform']);
    return await condition('payments', 'Contested');
  });
  expect(contested.message).toMatch(
    /Secret payments-signer: metadata\.labels\[cost-center\] .*; cost-bot set it last/,
  );
}, 180_000);

test('a policy adds an entry to the data of each ConfigMap: a new set gets its key, and rotates', async () => {
  const namespace = await createNamespace('op-stamped');
  await stampAll(namespace, DATA_ENTRY);
  const { sets, statusOf, condition } = await started('op-stamped', [], namespace);
  await sets.create('payments', FAST_SPEC);
  await eventually('a first key', async () => (await statusOf('payments')).activeKey === '#1');
  await eventually('a rotation', async () => (await statusOf('payments')).activeKey === '#2');
  expect(await condition('payments', 'Contested')).toBeNull();
  const waits = await kubectl(['-n', namespace, 'get', 'events', '-o', 'jsonpath={..reason}']);
  expect(waits.split(' ')).not.toContain('WaitRestarted');
  const entry = ['get', 'configmap', 'payments-jwks', '-o', 'jsonpath={.data.stamp}'];
  expect(await kubectl(['-n', namespace, ...entry])).toBe('platform');
}, 180_000);
