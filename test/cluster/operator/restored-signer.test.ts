import { expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { holdsPrivateKey } from '../../../src/core/formats/private-key.ts';
import { readLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { kubectl } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, type SeenSecret, started } from './operator-cases.ts';
import { startOperator } from './operator-process.ts';
import { FAST_TERMS, TokenWorld } from './token-world.ts';

const SPEC = { ...FAST_SPEC, deletionPolicy: 'Delete', rotation: { interval: '720h' } };

type Started = Awaited<ReturnType<typeof started>>;

async function standby({ condition }: Started): Promise<void> {
  await eventually('a proven standby', async () => {
    return (await condition('payments', 'StandbyReady'))?.status === 'True';
  });
}

/** As a backup tool keeps it. */
async function savedSecret(namespace: string, name = 'payments-signer'): Promise<string> {
  const text = await kubectl(['get', 'secret', name, '-n', namespace, '-o=json']);
  const { metadata, ...rest } = JSON.parse(text) as { metadata: Record<string, unknown> };
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...kept } = metadata;
  return JSON.stringify({ ...rest, metadata: kept });
}

function ledgerIn(signer: SeenSecret | null): Ledger {
  const read = readLedger(signer?.annotations[ANNOTATION.ledger] ?? '');
  if (read.kind !== 'Ledger') throw new Error(JSON.stringify(read));
  return read.ledger;
}

/** A set that has rotated twice, whose signer is kept, and after its deletion a set of the same name. */
async function secondLife(seen: Started): Promise<string> {
  const { namespace, sets, annotate, statusOf } = seen;
  await sets.create('payments', SPEC);
  await standby(seen);
  for (const wanted of ['#2', '#3']) {
    await annotate('payments', 'rotate', wanted);
    await eventually('a rotation', async () => (await statusOf('payments')).activeKey === wanted);
    await standby(seen);
  }
  const saved = await savedSecret(namespace);
  const uid = await kubectl([
    'get',
    'sks',
    'payments',
    '-n',
    namespace,
    '-o=jsonpath={.metadata.uid}',
  ]);
  const skip = `signingkeys.dev/skip-deletion-wait=${uid}`;
  await kubectl(['annotate', 'sks', 'payments', '-n', namespace, skip]);
  await kubectl(['delete', 'sks', 'payments', '-n', namespace, '--timeout=60s']);
  await sets.create('payments', SPEC);
  await standby(seen);
  return saved;
}

test('the signer Secret of an earlier set of the name is applied: the present set goes on', async () => {
  const seen = await started('op-earlier');
  const { namespace, statusOf, secret, publishedKids, keys } = seen;
  const saved = await secondLife(seen);
  const before = { signer: await secret('payments-signer'), kids: await publishedKids('payments') };
  const kid = before.signer?.text['kid'] ?? '';
  const world = new TokenWorld(namespace, 'payments', FAST_TERMS);
  const running = world.run();
  await eventually('a token', async () => world.signsWith() === kid);

  await kubectl(['apply', '-n', namespace, '-f', '-'], { stdin: saved });
  await eventually('the repair', async () => {
    const signer = await secret('payments-signer');
    const isBack = signer?.text['kid'] === kid;
    return isBack && ledgerIn(signer).generation > ledgerIn(before.signer).generation;
  });
  await standby(seen);
  const restored = JSON.parse(saved) as { data: { kid: string } };
  const restoredKid = Buffer.from(restored.data.kid, 'base64').toString();
  const figures = world.stop();
  await running;

  expect(await publishedKids('payments')).toEqual(before.kids);
  expect(await keys('payments')).toBe('#1 Active, #2 Pending');
  expect((await statusOf('payments')).activeKid).toBe(kid);
  const epochs = [before.signer, await secret('payments-signer')].map(
    (signer) => ledgerIn(signer).epochMs,
  );
  expect(epochs[1]).toBeGreaterThan(epochs[0] ?? 0);
  // Tokens of the key that someone else put into the signer are not the set's.
  expect(figures.rejected.filter((rejection) => rejection.kid !== restoredKid)).toEqual([]);
  expect(figures.verified).toBeGreaterThan(0);
}, 240_000);

test('values of another key come and go while no operator runs: its tokens are waited for', async () => {
  const seen = await started('op-unseen');
  const { namespace, sets, annotate, statusOf, secret, operator, account } = seen;
  await sets.create('payments', SPEC);
  await standby(seen);
  const first = await secret('payments-signer');
  await annotate('payments', 'rotate', 'a');
  await eventually('the rotation', async () => (await statusOf('payments')).activeKey === '#2');
  await eventually('the switch noted', async () => {
    return ledgerIn(await secret('payments-signer')).keys[0]?.supersededSeenMs != null;
  });
  await operator.end('SIGKILL');
  const second = await secret('payments-signer');
  const noted = ledgerIn(second).keys[0]?.supersededSeenMs ?? 0;
  for (const { text } of [first, second].filter((signer) => signer !== null)) {
    const patch = JSON.stringify({ stringData: text });
    await kubectl([
      'patch',
      'secret',
      'payments-signer',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      patch,
    ]);
  }
  expect((await secret('payments-signer'))?.text).toEqual(second?.text);

  startOperator({ kubeconfigPath: account.kubeconfigPath, namespace });
  await eventually('the wait starts again', async () => {
    const { keys, signer } = ledgerIn(await secret('payments-signer'));
    return (keys[0]?.supersededSeenMs ?? 0) > noted && signer?.managers.length === 1;
  });
}, 120_000);

const KEPT = 'kubectl.kubernetes.io/last-applied-configuration';
test('kubectl apply keeps a private key in an annotation: it goes, before and after the key has ended', async () => {
  const seen = await started('op-kept-key');
  const { namespace, sets, statusOf, secret, condition, annotate } = seen;
  await sets.create('payments', { ...SPEC, deletionPolicy: 'Retain' });
  await eventually('a proven standby', async () => {
    return (await condition('payments', 'StandbyReady'))?.status === 'True';
  });
  const team = ['annotate', 'secret', 'payments-signer', 'payments-key-1', '-n', namespace];
  await kubectl([...team, 'team=payments']);
  const first = (await secret('payments-signer'))?.text['private.pem'] ?? '';
  expect(first).toContain('PRIVATE KEY');

  for (const name of ['payments-signer', 'payments-key-1']) {
    const stdin = await savedSecret(namespace, name);
    await kubectl(['apply', '-n', namespace, '-f', '-'], { stdin });
    await eventually(`no private key in an annotation of ${name}`, async () => {
      return (await secret(name))?.annotations[KEPT] === undefined;
    });
    expect((await secret(name))?.annotations).toMatchObject({ team: 'payments' });
  }
  expect((await secret('payments-signer'))?.text['private.pem']).toBe(first);

  await annotate('payments', 'rotate', 'a');
  await eventually('the key is destroyed', async () => (await secret('payments-key-1')) === null);
  const left = await kubectl(['get', 'secrets,configmaps,sks', '-n', namespace, '-o=json']);
  const objects = JSON.parse(left) as { items: { metadata: { annotations?: object } }[] };
  for (const { metadata } of objects.items) {
    expect(Object.values(metadata.annotations ?? {}).filter(holdsPrivateKey)).toEqual([]);
  }
  const body = first.split('\n')[1] ?? '';
  const encoded = Buffer.from(first).toString('base64').slice(60, 120);
  expect(left.includes(body) || left.includes(encoded)).toBe(false);
  expect((await statusOf('payments')).activeKey).toBe('#2');
  const holds = await condition('payments', 'InvariantsHold');
  expect(holds?.status).toBe('True');
}, 120_000);
