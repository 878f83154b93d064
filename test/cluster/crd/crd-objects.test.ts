import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { API_GROUP_VERSION, SET_KIND } from '../../../src/core/formats/names.ts';
import { GOOD_SPEC } from '../../api/bad-specs.ts';
import { setsIn } from '../sets.ts';
import { createNamespace, kubectl } from '../shared-control-plane.ts';

const EXAMPLES = fileURLToPath(new URL('../../../docs/examples/', import.meta.url));

const DEFAULTS = {
  ...GOOD_SPEC,
  algorithm: 'RS256',
  deletionPolicy: 'Retain',
  onRevokeWithoutStandby: 'FailClosed',
  revocations: [],
  rotation: { interval: '720h', standby: true, suspend: false },
  timing: {
    sharedCacheTTL: '0s',
    publicationDelay: '3m',
    signerRefreshDelay: '3m',
    verifierLeeway: '5m',
    clockSkew: '30s',
  },
};

test.for([
  ['missing', {}],
  ['empty', { rotation: {}, timing: {} }],
  ['null', { rotation: null, timing: null, algorithm: null, deletionPolicy: null, issuer: null }],
  ['null within', { rotation: { interval: null, standby: null }, timing: { clockSkew: null } }],
] as const)('defaults are filled in where fields are %s', async ([, patch]) => {
  const sets = setsIn(await createNamespace('crd-defaults'));
  const { status, set } = await sets.create('payments', { ...GOOD_SPEC, ...patch });
  expect([status, set.spec]).toEqual([201, DEFAULTS]);
});

test('a set is not ready before any operator has seen it, for kstatus', async () => {
  const sets = setsIn(await createNamespace('crd-kstatus'));
  await sets.create('payments', GOOD_SPEC);
  const pending = {
    type: 'Ready',
    status: 'Unknown',
    reason: 'Pending',
    message: 'The operator has not seen this set yet',
    lastTransitionTime: '1970-01-01T00:00:00Z',
  };
  expect((await sets.read('payments')).set.status).toEqual({ conditions: [pending] });
  // A status that is written without conditions, or emptied, must not look current either.
  await sets.writeStatus('payments', { keyCount: 1 });
  expect((await sets.read('payments')).set.status.conditions).toEqual([pending]);
  await sets.writeStatus('payments', null);
  expect((await sets.read('payments')).set.status.conditions).toEqual([pending]);
});

const KID = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const STATUS = {
  observedGeneration: 1,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Signing',
      message: 'A key signs',
      lastTransitionTime: '2026-11-01T09:00:00Z',
    },
  ],
  activeKey: '#7',
  activeKid: KID,
  keyCount: 2,
  keys: [
    {
      kid: KID,
      ordinal: 7,
      state: 'Active',
      algorithm: 'RS256',
      publishedTime: '2026-11-01T08:00:00Z',
      servedSinceTime: '2026-11-01T08:03:00Z',
      activatableTime: '2026-11-01T08:13:30.500Z',
      activatedTime: '2026-11-01T09:00:00Z',
      switchCompleteTime: '2026-11-01T09:03:00Z',
    },
    {
      kid: 'gone',
      ordinal: 6,
      state: 'Retired',
      algorithm: 'RS256',
      supersededTime: '2026-11-01T09:03:00Z',
      removableTime: '2026-11-01T09:24:00Z',
      removedTime: '2026-11-01T09:24:01Z',
      distrustedByTime: '2026-11-01T09:37:31Z',
      restartRequired: ['cluster', 'gateway'],
      reason: 'Superseded',
    },
  ],
  nextTransition: {
    action: 'Activate',
    kid: 'next',
    time: '2126-12-01T09:00:00Z',
    waitingFor: 'Schedule',
    explanation: 'active since 09:00:00, due after 720h',
  },
  terms: {
    tokenTTL: '15m',
    verifierCacheTTL: '10m',
    verifierTrust: 'Unlimited',
    sharedCacheTTL: '0s',
    publicationDelay: '3m',
    signerRefreshDelay: '3m',
    verifierLeeway: '5m',
    clockSkew: '30s',
  },
  effectiveTokenTTL: '15m',
  history: [
    {
      time: '2026-11-01T09:00:00Z',
      kid: KID,
      ordinal: 7,
      from: 'Pending',
      to: 'Active',
      reason: 'Scheduled',
    },
  ],
  lastHandledRotateRequest: '1',
  lastHandledRollbackRequest: '2',
  rollbackRefused: { request: '3', reason: 'NoPreviousKey', message: 'No previous key' },
  ledger: '{}',
};

test('kubectl get shows the columns, a time in the future too; -o wide the reasons', async () => {
  const namespace = await createNamespace('crd-columns');
  const sets = setsIn(namespace);
  await sets.create('payments', GOOD_SPEC);
  const { status, set } = await sets.writeStatus('payments', STATUS);
  expect([status, set.status]).toEqual([200, STATUS]);
  const table = async (...args: string[]) =>
    (await kubectl(['get', 'sks', '-n', namespace, ...args]))
      .trim()
      .split('\n')
      .map((line) => line.split(/\s{2,}/));
  const head = ['NAME', 'READY', 'ACTIVE', 'ALGORITHM', 'KEYS', 'NEXT', 'AT', 'AGE'];
  const row = ['payments', 'True', '#7', 'RS256', '2', 'Activate', '2126-12-01T09:00:00Z'];
  const age = expect.stringMatching(/^\d+s$/);
  expect(await table()).toEqual([head, [...row, age]]);
  expect(await table('-o', 'wide')).toEqual([
    [...head, 'REASON', 'WAITING', 'ACTIVE KID'],
    [...row, age, 'Signing', 'Schedule', KID],
  ]);
});

test('every field is explained to users', async () => {
  const explained = await kubectl(['explain', 'sks', '--recursive']);
  expect(explained).toContain('lastHandledRollbackRequest');
  expect(await kubectl(['explain', 'sks.spec.timing.verifierLeeway'])).toContain(
    'L: how long after its exp a verifier still accepts a token',
  );
});

const SETS = readdirSync(EXAMPLES).filter((file) =>
  readFileSync(`${EXAMPLES}${file}`, 'utf8').includes('kind: SigningKeySet'),
);

test.for(SETS)('the example %s is taken as it is', async (file) => {
  const namespace = await createNamespace('crd-example');
  const text = await kubectl(['create', '-f', `${EXAMPLES}${file}`, '--dry-run=client', '-o=json']);
  const manifest = JSON.parse(text) as { metadata: object };
  const stdin = JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, namespace } });
  const applied = await kubectl(['apply', '--validate=strict', '-f', '-'], { stdin });
  expect(applied).toMatch(/created/);
});

test('the examples of the README are sets of their own: each is created, in its order', async () => {
  const namespace = await createNamespace('crd-readme');
  for (const name of ['payments', 'payments-fast', 'login']) {
    const file = `${EXAMPLES}${name === 'login' ? 'login-es256' : name}.yaml`;
    const text = await kubectl(['create', '-f', file, '--dry-run=client', '-o=json']);
    const manifest = JSON.parse(text) as { metadata: object };
    const stdin = JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, namespace } });
    const applied = await kubectl(['apply', '--validate=strict', '-f', '-'], { stdin });
    expect(applied.trim()).toBe(`signingkeyset.signingkeys.dev/${name} created`);
  }
});

const NAMES = [
  ['signer', 'secretName', 'payments-signer', 'issuers mount that Secret'],
  ['jwks', 'configMapName', 'payments-jwks', 'verifiers mount that ConfigMap'],
] as const;

test.for(NAMES)(
  '%s.%s: the default may be written out and left out again',
  async ([part, key, name]) => {
    const sets = setsIn(await createNamespace('crd-immutable'));
    await sets.create('payments', GOOD_SPEC);
    for (const value of [{ [key]: name }, { [key]: null }, null, {}, { [key]: name }]) {
      expect((await sets.edit('payments', { spec: { [part]: value } })).status).toBe(200);
    }
  },
);

test.for(NAMES)('%s.%s can be changed by no detour', async ([part, key, fallback, why]) => {
  const sets = setsIn(await createNamespace('crd-immutable'));
  await sets.create('payments', GOOD_SPEC);
  await sets.create('named', { ...GOOD_SPEC, [part]: { [key]: 'mine' } });
  const refusal = (set: string, was: string) =>
    `SigningKeySet.signingkeys.dev "${set}" is invalid: spec.${part}.${key}: Forbidden: ` +
    `${part}.${key} was '${was}' and can't be changed, because ${why}: keep it, or create another set (Immutable)`;
  const attempts: readonly (readonly [string, unknown, string])[] = [
    ['payments', { [key]: 'mine' }, fallback],
    ['named', { [key]: 'other' }, 'mine'],
    // Removal, after which any name could be set, is itself a change.
    ['named', { [key]: null }, 'mine'],
    ['named', null, 'mine'],
  ];
  for (const [set, value, was] of attempts) {
    const { status, message } = await sets.edit(set, { spec: { [part]: value } });
    expect([status, message]).toEqual([422, refusal(set, was)]);
  }
});

/** As one of several who each own a part of a set. */
async function applyAs(manager: string, namespace: string, spec: object) {
  const manifest = {
    apiVersion: API_GROUP_VERSION,
    kind: SET_KIND,
    metadata: { name: 'payments', namespace },
    spec,
  };
  const args = ['apply', '--server-side', `--field-manager=${manager}`, '--filename=-'];
  await kubectl(args, { stdin: JSON.stringify(manifest) });
}

test('a revocation that one person applies survives whatever Git applies afterwards', async () => {
  const namespace = await createNamespace('crd-revocations');
  const revocations = async () =>
    (await setsIn(namespace).read('payments')).set.spec.revocations ?? [];
  const git = { ...GOOD_SPEC, revocations: [{ kid: 'old', reason: 'Superseded' }] };
  await applyAs('git', namespace, git);
  await applyAs('person', namespace, { revocations: [{ kid: KID, reason: 'KeyCompromise' }] });
  const both = [
    { kid: 'old', reason: 'Superseded' },
    { kid: KID, reason: 'KeyCompromise' },
  ];
  expect(await revocations()).toEqual(both);
  await applyAs('git', namespace, git);
  expect(await revocations()).toEqual(both);
  // Not even when Git takes its own entry away, and the field with it.
  await applyAs('git', namespace, { ...GOOD_SPEC, tokenTTL: '20m' });
  expect(await revocations()).toEqual([{ kid: KID, reason: 'KeyCompromise' }]);
});

test('a second revocation by the same person needs the first one next to it, or another manager', async () => {
  const namespace = await createNamespace('crd-revocations');
  const kids = async () =>
    (await setsIn(namespace).read('payments')).set.spec.revocations?.map(({ kid }) => kid);
  await applyAs('git', namespace, GOOD_SPEC);
  await applyAs('first', namespace, { revocations: [{ kid: 'a' }] });
  await applyAs('second', namespace, { revocations: [{ kid: 'b' }] });
  expect(await kids()).toEqual(['a', 'b']);
  await applyAs('second', namespace, { revocations: [{ kid: 'c' }] });
  expect(await kids()).toEqual(['a', 'c']);
});
