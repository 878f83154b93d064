/** Someone's finalizer keeps a key Secret: nothing counts as destroyed before it is gone. */
import { expect, test } from 'vitest';
import { kubectl } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';

const SPEC = { ...FAST_SPEC, deletionPolicy: 'Delete', rotation: { interval: '720h' } };
const FINALIZER = 'consumer.example.com/hold';

type Started = Awaited<ReturnType<typeof started>>;

async function setFinalizers(namespace: string, secret: string, finalizers: readonly string[]) {
  const patch = JSON.stringify({ metadata: { finalizers } });
  const args = ['patch', 'secret', secret, '-n', namespace, '--type=merge', '-p', patch];
  await kubectl(args);
}

async function standby({ condition }: Started): Promise<void> {
  await eventually('a proven standby', async () => {
    return (await condition('payments', 'StandbyReady'))?.status === 'True';
  });
}

test('a revocation and a deletion say which Secret they wait for, whose finalizer it is, and since when', async () => {
  const seen = await started('op-held');
  const { namespace, sets, statusOf, condition, secret } = seen;
  await sets.create('payments', SPEC);
  await standby(seen);
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
