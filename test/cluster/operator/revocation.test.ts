import { expect, test } from 'vitest';
import { API_GROUP_VERSION, SET_KIND } from '../../../src/core/formats/names.ts';
import { recordFigure } from '../../support/vitest/record-figure.ts';
import { setsIn } from '../sets.ts';
import { kubectl } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';
import { FAST_TERMS, TokenWorld } from './token-world.ts';

const LEAD_MS = 8000;
/** P + D + S. */
const TRUST_MS = 8000;

/** Adds one entry, as someone does who owns nothing else in the spec. */
async function applyRevocation(namespace: string, set: string, kid: string, manager: string) {
  const manifest = {
    apiVersion: API_GROUP_VERSION,
    kind: SET_KIND,
    metadata: { name: set, namespace },
    spec: { revocations: [{ kid, reason: 'KeyCompromise' }] },
  };
  const args = ['apply', '--server-side', `--field-manager=${manager}`, '--filename=-'];
  await kubectl(args, { stdin: JSON.stringify(manifest) });
}

/** The README's command. */
async function revoke(namespace: string, set: string, kid: string): Promise<void> {
  const value = { kid, reason: 'KeyCompromise' };
  const patch = JSON.stringify([{ op: 'add', path: '/spec/revocations/-', value }]);
  await kubectl(['-n', namespace, 'patch', 'sks', set, '--type=json', '-p', patch]);
}

// As users have it who apply their manifests: kubectl keeps a record of that in the object, and a
// server-side apply of one field afterwards would take the rest of the spec over.
test('a set that kubectl applied takes one revocation after the other', async () => {
  const { namespace, statusOf } = await started('op-revoke-twice');
  const manifest = {
    apiVersion: API_GROUP_VERSION,
    kind: SET_KIND,
    metadata: { name: 'payments', namespace },
    spec: { ...FAST_SPEC, rotation: { interval: '720h' } },
  };
  const apply = () => kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(manifest) });
  await apply();
  const kids = await eventually('two keys', async () => {
    const { keys = [] } = await statusOf('payments');
    return keys.length === 2 ? keys.map(({ kid }) => kid) : null;
  });
  for (const kid of kids) await revoke(namespace, 'payments', kid);
  await eventually('the end of both', async () => {
    const { keys = [] } = await statusOf('payments');
    return kids.every((kid) => keys.some((key) => key.kid === kid && key.reason === 'Revoked'));
  });
  // And the next apply of the manifest leaves the entries where they are.
  await apply();
  const { set } = await setsIn(namespace).read('payments');
  expect(set.spec.revocations?.map(({ kid }) => kid)).toEqual(kids);
});

test('the active key is revoked: the standby signs, nobody else notices, and the status says when trust ends', async () => {
  const { namespace, sets, statusOf, secret, ...look } = await started('op-revoke');
  await sets.create('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await eventually('a proven standby', async () => {
    return (await look.condition('payments', 'StandbyReady'))?.status === 'True';
  });
  const world = new TokenWorld(namespace, 'payments', FAST_TERMS);
  const running = world.run();
  const kid1 = (await statusOf('payments')).activeKid ?? '';
  const kid2 = (await look.keyStatus('payments', 2))?.kid ?? '';

  await revoke(namespace, 'payments', kid1);
  const sinceMs = performance.now();
  await eventually('a JWKS without it', async () => {
    return !(await look.publishedKids('payments')).includes(kid1);
  });
  recordFigure('revocationToUnpublishedMs', Math.round(performance.now() - sinceMs));
  expect((await secret('payments-signer'))?.text['kid']).toBe(kid2);
  const applied = await eventually('that it is applied', async () => {
    const condition = await look.condition('payments', 'RevocationsApplied');
    return condition?.status === 'True' ? condition : null;
  });
  await eventually('its private key destroyed', async () => {
    return (await secret('payments-key-1')) === null;
  });
  const ended = await eventually('its end', async () => {
    const key = await look.keyStatus('payments', 1);
    return key?.state === 'Retired' ? key : null;
  });
  expect(ended).toMatchObject({ kid: kid1, reason: 'Revoked' });
  // Both are rounded up to a second.
  const trustMs = Date.parse(ended.distrustedByTime ?? '') - Date.parse(ended.removedTime ?? '');
  expect(trustMs).toBe(TRUST_MS);
  expect([applied.reason, applied.message]).toEqual([
    'Applied',
    `${kid1}: out of the JWKS, trusted by no verifier after ${ended.distrustedByTime} (the last: spec.verifierCacheTTL)`,
  ]);
  expect(await look.columns('payments')).toMatchObject({
    ...{ READY: 'True', ACTIVE: '#2', 'ACTIVE KID': kid2 },
  });
  await eventually('the events', async () => {
    const reasons = await look.eventReasons('payments');
    return ['KeyRevoked', 'KeyRetired'].every((reason) => reasons.includes(reason));
  });
  expect(await look.eventReasons('payments')).not.toContain('NoSigningKey');

  // Someone else adds a kid that nobody knows: it is named, and nothing changes for it.
  const published = await eventually('the next standby', async () => {
    const kids = await look.publishedKids('payments');
    return kids.length === 2 ? kids : null;
  });
  await applyRevocation(namespace, 'payments', 'mistyped', 'other');
  const unknown = await eventually('the verdict', async () => {
    const condition = await look.condition('payments', 'RevocationsApplied');
    return condition?.reason === 'KidUnknown' ? condition : null;
  });
  expect(unknown.status).toBe('Unknown');
  expect(unknown.message).toMatch(/^Applied: 1 of 2 entries\. .*; mistyped: no key of this set/);
  const unmatched = await look.condition('payments', 'RevocationsUnmatched');
  expect(unmatched).toMatchObject({ status: 'True', reason: 'KidUnknown' });
  // Every kid here is a thumbprint.
  expect(unmatched?.message).toContain('mistyped cannot be of this set');
  const { set } = await sets.read('payments');
  expect(set.spec.revocations?.map(({ kid }) => kid)).toEqual([kid1, 'mistyped']);
  expect(await look.publishedKids('payments')).toEqual(published);
  expect((await secret('payments-signer'))?.text['kid']).toBe(kid2);

  // Taking both away un-revokes nothing.
  await sets.edit('payments', { spec: { revocations: null } });
  await eventually('no verdict', async () => {
    return (await look.condition('payments', 'RevocationsApplied')) === null;
  });
  expect(await look.publishedKids('payments')).toEqual(published);

  await eventually('the issuers with #2', async () => world.signsWith() === kid2);
  const figures = world.stop();
  await running;
  expect(figures.verified).toBeGreaterThan(0);
  expect(figures.rejected.filter(({ kid }) => kid !== kid1)).toEqual([]);
});

test('the only key is revoked: nobody signs until the next is proven, or it signs at once', async () => {
  const { namespace, sets, statusOf, secret, ...look } = await started('op-revoke-only');
  const rotation = { interval: '720h', standby: false };
  await sets.create('closed', { ...FAST_SPEC, rotation });
  const onRevokeWithoutStandby = 'SignImmediately';
  await sets.create('open', { ...FAST_SPEC, rotation, onRevokeWithoutStandby });
  for (const set of ['closed', 'open']) {
    await eventually('its key', async () => {
      return (await look.keys(set)) === '#1 Active' && (await secret(`${set}-signer`)) !== null;
    });
    const { activeKid = '' } = await statusOf(set);
    await applyRevocation(namespace, set, activeKid, 'incident');
  }

  // FailClosed: the names stay, their values are empty, and the set says so.
  await eventually('an empty signer', async () => {
    return (await secret('closed-signer'))?.text['kid'] === '';
  });
  const values = Object.entries((await secret('closed-signer'))?.text ?? {});
  expect(values.sort()).toEqual([
    ['alg', ''],
    ['kid', ''],
    ['private.jwk', ''],
    ['private.pem', ''],
  ]);
  await eventually('the verdict', async () => {
    const ready = await look.condition('closed', 'Ready');
    return ready?.status === 'False' && ready.reason === 'NoSigningKey';
  });
  const columns = await look.columns('closed');
  expect([columns['READY'], columns['REASON'], columns['ACTIVE']]).toEqual([
    'False',
    'NoSigningKey',
    '',
  ]);
  await eventually('the events', async () => {
    const reasons = await look.eventReasons('closed');
    return ['NoSigningKey', 'KeyRevoked'].every((reason) => reasons.includes(reason));
  });

  // Either way the next key was published before the revoked one was taken out.
  for (const set of ['closed', 'open']) {
    const next = await eventually('the next key', async () => {
      const key = await look.keyStatus(set, 2);
      return key?.activatedTime === undefined ? null : key;
    });
    const old = await look.keyStatus(set, 1);
    const ms = (time: string | undefined) => Date.parse(time ?? '');
    expect(ms(next.publishedTime)).toBeLessThanOrEqual(ms(old?.removedTime));
    expect(await look.publishedKids(set)).toEqual([next.kid]);
    expect((await secret(`${set}-signer`))?.text['kid']).toBe(next.kid);
    const waitedMs = ms(next.activatedTime) - ms(next.publishedTime);
    if (set === 'closed') expect(waitedMs).toBeGreaterThanOrEqual(LEAD_MS);
    else expect(waitedMs).toBeLessThan(LEAD_MS / 2);
  }
});

const HELD = { deletionPolicy: 'Delete', rotation: { interval: '720h' } };
/** Someone's, on a key Secret: nothing counts as destroyed before that is gone. */
const FINALIZER = 'consumer.example.com/hold';

async function setFinalizers(namespace: string, secret: string, finalizers: readonly string[]) {
  const patch = JSON.stringify({ metadata: { finalizers } });
  const args = ['patch', 'secret', secret, '-n', namespace, '--type=merge', '-p', patch];
  await kubectl(args);
}

test('a revocation and a deletion say which Secret they wait for, whose finalizer it is, and since when', async () => {
  const { namespace, sets, statusOf, condition, secret } = await started('op-held');
  await sets.create('payments', { ...FAST_SPEC, ...HELD });
  await eventually('a proven standby', async () => {
    return (await condition('payments', 'StandbyReady'))?.status === 'True';
  });
  const kid = (await statusOf('payments')).activeKid ?? '';
  await setFinalizers(namespace, 'payments-key-1', [FINALIZER]);

  const entry = { op: 'add', path: '/spec/revocations', value: [{ kid, reason: 'KeyCompromise' }] };
  const patch = ['patch', 'sks', 'payments', '-n', namespace, '--type=json', '-p'];
  await kubectl([...patch, JSON.stringify([entry])]);
  const pending = await eventually('the Secret is held', async () => {
    return (await condition('payments', 'DeletionPending')) ?? null;
  });
  const time = await kubectl([
    'get',
    'secret',
    'payments-key-1',
    '-n',
    namespace,
    '-o=jsonpath={.metadata.deletionTimestamp}',
  ]);
  const held = `Secret payments-key-1 was deleted at ${time}, but the finalizer ${FINALIZER} keeps it`;
  expect(pending.message).toContain(held);
  const applied = await condition('payments', 'RevocationsApplied');
  expect(applied).toMatchObject({ status: 'False', reason: 'Applying' });
  expect(applied?.message).toContain(`${kid}: still in Secret payments-key-1`);
  expect((await statusOf('payments')).activeKey).toBe('#2');

  await kubectl(['delete', 'sks', 'payments', '-n', namespace, '--wait=false']);
  const next = await eventually('the deletion waits for the Secret alone', async () => {
    const { nextTransition } = await statusOf('payments');
    return nextTransition?.waitingFor === 'FinalizersRemain' ? nextTransition : null;
  });
  expect(next.explanation).toContain(held);
  expect(next.time).toBeUndefined();
  expect(await secret('payments-signer')).not.toBeNull();

  await setFinalizers(namespace, 'payments-key-1', []);
  await kubectl(['wait', '--for=delete', 'sks/payments', '-n', namespace, '--timeout=60s']);
  for (const name of ['payments-key-1', 'payments-signer']) expect(await secret(name)).toBeNull();
}, 180_000);
