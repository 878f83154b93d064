/**
 * The operator's chart on a real API server, as a user installs it: with Helm, the operator under
 * the chart's own account, the smoke test of `helm test`, and what the policy refuses. There are no
 * controllers, so the programs run as processes outside of it, with the arguments of the Pods.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { NAMESPACE, renderManifests } from '../../scripts/render-manifests.ts';
import { crdsServed } from '../cluster/control-plane/crds.ts';
import { eventually, inNamespace } from '../cluster/operator/operator-cases.ts';
import { startProgram } from '../cluster/operator/operator-process.ts';
import {
  auditEvents,
  kubectl,
  makeNamespace,
  request,
  serviceAccount,
} from '../cluster/shared-control-plane.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import {
  find,
  helm,
  OPERATOR_CHART,
  objectsIn,
  renderObjects,
  setFlags,
  type Values,
} from './helm.ts';
import { podsOf } from './value-sets.ts';

const RELEASE = 'signing-key-operator';
const CRDS = join(OPERATOR_CHART, '../../crds');
const CRD = 'signingkeysets.signingkeys.dev';
const RESTORER = 'system:serviceaccount:velero:velero';
const VALUES = { 'objectProtection.restoreAccounts': [RESTORER] };
const MADE_IN_TIME_MS = 60_000;

let namespace = '';
let removeNamespace = async () => {};

const read = async (path: string) => (await request({ method: 'GET', path })).status;
const crdText = async () =>
  await kubectl(['get', 'crd', CRD, '-o', 'json', '--show-managed-fields']);

async function install(chart = OPERATOR_CHART, more: Values = {}): Promise<void> {
  const flags = setFlags({ ...VALUES, ...more });
  await helm('upgrade', '--install', RELEASE, chart, '--namespace', namespace, ...flags);
  await crdsServed(kubectl, ['crd', CRD]);
}

beforeAll(async () => {
  ({ name: namespace, remove: removeNamespace } = await makeNamespace('install'));
  await install();
}, MADE_IN_TIME_MS);

afterAll(async () => {
  await helm('uninstall', RELEASE, '--namespace', namespace, '--ignore-not-found');
  await removeNamespace();
  await kubectl(['delete', 'crd', CRD, '--ignore-not-found']);
}, MADE_IN_TIME_MS);

/** The words of a container in what the chart renders, with a free port in place of its own. */
async function wordsOf(component: string): Promise<readonly string[]> {
  const objects = await renderObjects({ chart: OPERATOR_CHART, namespace, values: VALUES });
  const pod = podsOf(objects).find(({ metadata }) => {
    return metadata.labels?.['app.kubernetes.io/component'] === component;
  });
  if (pod === undefined) throw new Error(`the chart has no Pod of the component ${component}`);
  const { containers } = pod['spec'] as { containers: { args: readonly string[] }[] };
  const args = containers[0]?.args ?? [];
  return args.map((word) => (word === '--listen=:8081' ? '--listen=127.0.0.1:0' : word));
}

async function startAs(component: string, account: string) {
  const { user, kubeconfigPath } = await serviceAccount(namespace, account);
  const words = await wordsOf(component);
  return { user, ...startProgram([...words, '--kubeconfig', kubeconfigPath]) };
}

/** The operator of the chart, working; it ends with the test. */
async function startOperator() {
  const operator = await startAs('operator', RELEASE);
  const url = await operator.url();
  await eventually('it to be ready', async () => (await fetch(`${url}/readyz`)).status === 200);
  return operator;
}

/** The account and the role of `helm test`, which Helm itself makes only when it runs the test. */
async function createSmokeTestAccount(): Promise<void> {
  const objects = await renderObjects({ chart: OPERATOR_CHART, namespace, values: VALUES });
  const name = `${RELEASE}-smoke-test`;
  const items = ['ServiceAccount', 'Role', 'RoleBinding'].map((kind) => find(objects, kind, name));
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(['apply', '--server-side', '--filename=-'], { stdin });
}

const refusedTo = (user: string) =>
  auditEvents({ user, responseStatus: 403 }).map(({ verb, resource }) => `${verb} ${resource}`);

test('with its own account the operator lacks nothing, and the smoke test passes', async () => {
  const operator = await startOperator();
  await createSmokeTestAccount();
  const smoke = await startAs('smoke-test', `${RELEASE}-smoke-test`);
  const code = await smoke.ended();
  expect(smoke.output()).toMatch(/a token signed by key \S+ was verified by the JWKS/);
  expect(code).toBe(0);
  expect(await read(`/api/v1/namespaces/${namespace}/secrets/${RELEASE}-smoke-test-signer`)).toBe(
    404,
  );
  expect(await operator.end('SIGTERM')).toBe(0);
  expect(refusedTo(operator.user)).toEqual([]);
  expect(refusedTo(smoke.user)).toEqual([]);
});

test('the smoke test fails, and says why, if no operator works', async () => {
  await createSmokeTestAccount();
  const { kubeconfigPath } = await serviceAccount(namespace, `${RELEASE}-smoke-test`);
  const words = ['smoke-test', '--namespace', namespace, '--name', `${RELEASE}-smoke-test`];
  const smoke = startProgram([...words, '--timeout=1s', '--kubeconfig', kubeconfigPath]);
  expect(await smoke.ended()).toBe(1);
  expect(smoke.output()).toContain('error: after 1 s, ');
  expect(await setsLeft()).toEqual([]);
});

async function setsLeft(): Promise<readonly string[]> {
  const printed = await kubectl(['get', 'sks', '-n', namespace, '-o', 'name']);
  return printed.split('\n').filter((line) => line !== '');
}

describe('objects of a set', () => {
  const as = (user: string) => ['--as', user, '--as-group=system:masters'];
  const patch = (kind: string, name: string, body: object, ...more: readonly string[]) => {
    const args = ['-n', namespace, 'patch', kind, name, '--type=merge', '-p', JSON.stringify(body)];
    return kubectl([...args, ...more]);
  };
  const touch = { metadata: { annotations: { 'example.com/touched': 'yes' } } };
  /** Throws what the API server says, as kubectl does. */
  const asked = async (call: Parameters<typeof request>[0]) => {
    const { status, body } = await request(call);
    if (status >= 300) throw new Error(JSON.stringify(body));
  };
  const deleteCollection = (resource: string) =>
    asked({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/${resource}` });
  const createGenerated = (type: string) =>
    asked({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/secrets`,
      body: { metadata: { generateName: 'made-up-' }, type },
    });
  const operatorUser = () => `system:serviceaccount:${namespace}:${RELEASE}`;

  beforeAll(async () => {
    const set = { apiVersion: 'signingkeys.dev/v1alpha1', kind: 'SigningKeySet' };
    const spec = { tokenTTL: '1m', verifierCacheTTL: '1m', algorithm: 'ES256' };
    const stdin = JSON.stringify({ ...set, metadata: { name: 'payments', namespace }, spec });
    await kubectl(['apply', '--server-side', '--filename=-'], { stdin });
    const { kubeconfigPath } = await serviceAccount(namespace, RELEASE);
    const words = [...(await wordsOf('operator')), '--kubeconfig', kubeconfigPath];
    // `onTestFinished` is not for hooks, so the program is ended here.
    const operator = startProgram(words, { endsWithTest: false });
    await eventually('the set', async () => {
      return (await inNamespace(namespace).statusOf('payments')).keyCount === 2;
    });
    await operator.end('SIGTERM');
  }, MADE_IN_TIME_MS);

  test.each([
    ['the signer edited', () => patch('secret', 'payments-signer', touch)],
    ['a key deleted', () => kubectl(['-n', namespace, 'delete', 'secret', 'payments-key-1'])],
    ['the JWKS edited', () => patch('configmap', 'payments-jwks', touch)],
    [
      'the label taken off the JWKS',
      () => kubectl(['-n', namespace, 'label', 'cm', 'payments-jwks', 'signingkeys.dev/set-']),
    ],
    [
      'a signer forged',
      () =>
        kubectl([
          '-n',
          namespace,
          'create',
          'secret',
          'generic',
          'x',
          '--type=signingkeys.dev/signer',
        ]),
    ],
    [
      'a label put on',
      async () => {
        await kubectl(['-n', namespace, 'create', 'configmap', 'plain']);
        await kubectl([
          '-n',
          namespace,
          'label',
          'configmap',
          'plain',
          'signingkeys.dev/set=payments',
        ]);
      },
    ],
    ['everything deleted', () => kubectl(['-n', namespace, 'delete', 'secret', '--all'])],
    ['everything deleted by one request', () => deleteCollection('secrets')],
    ['a name that the API server makes up', () => createGenerated('signingkeys.dev/key')],
  ])('%s: refused', async (_, attempt) => {
    await expect(attempt()).rejects.toThrow(
      `can be written by system:serviceaccount:${namespace}:${RELEASE} alone`,
    );
  });

  test.each([
    ['the operator', () => operatorUser()],
    ['a restore account', () => RESTORER],
    ['the namespace controller', () => 'system:serviceaccount:kube-system:namespace-controller'],
  ])('%s may write them', async (_, user) => {
    await patch('secret', 'payments-signer', touch, '--dry-run=server', ...as(user()));
    const args = ['-n', namespace, 'delete', 'cm', 'payments-jwks', '--dry-run=server'];
    await kubectl([...args, ...as(user())]);
  });

  test.each([
    ['secret', 'payments-signer'],
    ['configmap', 'payments-jwks'],
  ])('nobody makes %s %s immutable, not even the operator', async (kind, name) => {
    const attempt = patch(kind, name, { immutable: true }, ...as(operatorUser()));
    await expect(attempt).rejects.toThrow("can't be immutable");
  });

  test('a write that changes nothing is let through, so that Secrets can be encrypted again', async () => {
    const objects = ['get', 'secret,configmap', '-n', namespace, '-l', 'signingkeys.dev/set'];
    const stdin = await kubectl([...objects, '-o', 'json']);
    expect(JSON.parse(stdin).items).toHaveLength(4);
    const printed = await kubectl(['replace', '--filename=-'], { stdin });
    expect(printed.match(/ replaced$/gm)).toHaveLength(4);
    const changed = stdin.replace('"alg":', '"gla":');
    expect(changed).not.toBe(stdin);
    await expect(kubectl(['replace', '--filename=-'], { stdin: changed })).rejects.toThrow(
      `can be written by system:serviceaccount:${namespace}:${RELEASE} alone`,
    );
  });

  test('other Secrets and ConfigMaps are no concern of the policy', async () => {
    await kubectl(['-n', namespace, 'create', 'secret', 'generic', 'mine', '--from-literal=a=b']);
    await kubectl(['-n', namespace, 'create', 'configmap', 'mine', '--from-literal=a=b']);
    await kubectl(['-n', namespace, 'delete', 'secret/mine', 'configmap/mine']);
  });
});

test('an upgrade brings a newer CRD, an uninstall leaves it and the sets, and a second installation finds them', async () => {
  const copy = join(temporaryFolder(), 'chart');
  cpSync(OPERATOR_CHART, copy, { recursive: true });
  const template = join(copy, 'templates/crd.yaml');
  const known = 'Whether a key signs, every server and mount shows it, and verifiers know it';
  const newer = `${known}, in newer words`;
  writeFileSync(template, readFileSync(template, 'utf8').replace(known, newer));
  expect(await crdText()).not.toContain(newer);
  await install(copy);
  expect(await crdText()).toContain(newer);

  const sets = await setsLeft();
  expect(sets).toContain('signingkeyset.signingkeys.dev/payments');
  await helm('uninstall', RELEASE, '--namespace', namespace);
  expect(await read(`/apis/apps/v1/namespaces/${namespace}/deployments/${RELEASE}`)).toBe(404);
  expect(await setsLeft()).toEqual(sets);
  await install();
  expect(await setsLeft()).toEqual(sets);
  await helm('uninstall', RELEASE, '--namespace', namespace);
});

test('a release may give up its lease, and take one again', async () => {
  onTestFinished(async () => void (await helm('uninstall', RELEASE, '--namespace', namespace)));
  const strategy = async () => {
    const deployment = ['get', 'deployment', RELEASE, '-n', namespace];
    return await kubectl([...deployment, '-o', 'jsonpath={.spec.strategy.type}']);
  };
  const alone = { replicaCount: 1, 'leaderElection.enabled': false };
  await install();
  expect(await strategy()).toBe('RollingUpdate');
  await install(OPERATOR_CHART, alone);
  expect(await strategy()).toBe('Recreate');
  await install();
  expect(await strategy()).toBe('RollingUpdate');
});

test('a CRD that kubectl installed is taken over only with Helm’s flag', async () => {
  await kubectl(['delete', 'crd', CRD, '--ignore-not-found']);
  await kubectl(['apply', '--server-side', '--filename', CRDS]);
  const args = ['install', RELEASE, OPERATOR_CHART, '--namespace', namespace];
  await expect(helm(...args)).rejects.toThrow('invalid ownership metadata');
  await helm(...args, '--take-ownership');
  expect(await crdText()).toContain('"app.kubernetes.io/managed-by": "Helm"');
  await helm('uninstall', RELEASE, '--namespace', namespace);
  expect(await crdText()).toContain(CRD);
});

test('the plain manifests install the same in one command', async () => {
  await kubectl(['delete', 'crd', CRD, '--ignore-not-found']);
  const { path } = inject('helm');
  const text = await renderManifests({ helm: path, image: 'localhost:5000/keys:1.2.3' });
  // The names of Helm's own objects are no trace of Helm in ours.
  expect(text.replaceAll('sh[.]helm[.]release[.]v1[.]', '')).not.toContain('helm');
  expect(text).toContain('image: localhost:5000/keys:1.2.3');
  const objects = objectsIn(text);
  const rendered = await renderObjects({
    ...{ chart: OPERATOR_CHART, namespace: NAMESPACE, flags: ['--no-hooks'] },
  });
  const names = (all: typeof objects) =>
    all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names(objects).sort()).toEqual([`Namespace ${NAMESPACE}`, ...names(rendered)].sort());
  const apply = ['apply', '--server-side', '--validate=strict', '--filename=-'];
  try {
    const printed = await kubectl(apply, { stdin: text });
    expect(printed.trim().split('\n')).toHaveLength(objects.length);
    // Twice, as an upgrade does.
    await kubectl(apply, { stdin: text });
  } finally {
    const others = objects.filter(({ kind }) => kind !== 'Namespace');
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: others });
    await kubectl(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], { stdin });
  }
});
