import { expect, test } from 'vitest';
import { holdsPrivateKey } from '../../../src/core/formats/private-key.ts';
import { kubectl } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';

const KEPT = 'kubectl.kubernetes.io/last-applied-configuration';
const SPEC = { ...FAST_SPEC, rotation: { interval: '720h' } };

/** As a person does who edits a Secret by hand, from a copy. */
async function applyItself(namespace: string, name: string): Promise<void> {
  const text = await kubectl(['get', 'secret', name, '-n', namespace, '-o=json']);
  const { metadata, ...rest } = JSON.parse(text) as { metadata: Record<string, unknown> };
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...kept } = metadata;
  const stdin = JSON.stringify({ ...rest, metadata: kept });
  await kubectl(['apply', '-n', namespace, '-f', '-'], { stdin });
}

test('kubectl apply keeps a private key in an annotation: it goes, before and after the key has ended', async () => {
  const seen = await started('op-kept-key');
  const { namespace, sets, statusOf, secret, condition, annotate } = seen;
  await sets.create('payments', SPEC);
  await eventually('a proven standby', async () => {
    return (await condition('payments', 'StandbyReady'))?.status === 'True';
  });
  const team = ['annotate', 'secret', 'payments-signer', 'payments-key-1', '-n', namespace];
  await kubectl([...team, 'team=payments']);
  const first = (await secret('payments-signer'))?.text['private.pem'] ?? '';
  expect(first).toContain('PRIVATE KEY');

  for (const name of ['payments-signer', 'payments-key-1']) {
    await applyItself(namespace, name);
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
