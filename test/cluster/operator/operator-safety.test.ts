import { expect, test } from 'vitest';
import { recordFigure } from '../../support/vitest/record-figure.ts';
import { setsIn } from '../sets.ts';
import { auditWrites, createNamespace, request } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, inNamespace } from './operator-cases.ts';
import { createOperatorAccount, startOperator } from './operator-process.ts';
import { FAST_TERMS, TokenWorld } from './token-world.ts';

/** When the operator dies in each life: spread over a rotation's steps, which follow within 0.5 s. */
const LIVES_MS = [300, 420, 560, 700, 850, 1000, 1300, 1700, 2500, 4000];

/** Kills it again and again, at every phase, for as long as told. @returns how often */
async function killAgainAndAgain(
  start: () => ReturnType<typeof startOperator>,
  durationMs: number,
): Promise<number> {
  const endMs = performance.now() + durationMs;
  let kills = 0;
  while (performance.now() < endMs) {
    const operator = start();
    await operator.url();
    const lifeMs = LIVES_MS[kills % LIVES_MS.length] ?? 1000;
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    expect(await operator.end('SIGKILL')).toBe('SIGKILL');
    kills += 1;
  }
  return kills;
}

test('SIGKILL at any moment: rotations continue, no second pending key, no token rejected', async () => {
  const namespace = await createNamespace('op-kill');
  const { kubeconfigPath } = await createOperatorAccount(namespace);
  const { keys, statusOf } = inNamespace(namespace);
  await setsIn(namespace).create('payments', FAST_SPEC);
  const world = new TokenWorld(namespace, 'payments', FAST_TERMS);
  const running = world.run();
  const start = () => startOperator({ kubeconfigPath, namespace });
  const kills = await killAgainAndAgain(start, 75_000);
  start();
  await eventually(
    'two rotations',
    async () => ((await statusOf('payments')).activeKey ?? '#1') >= '#3',
    60_000,
  );
  const pending = (await keys('payments')).split(', ').filter((key) => key.endsWith('Pending'));
  const figures = world.stop();
  await running;
  const made = auditWrites({ namespace, resource: 'secrets', verb: 'create', responseStatus: 201 });
  const ordinals = made.map(({ name }) => name ?? '').filter((name) => name.includes('-key-'));
  recordFigure('kills', kills);
  recordFigure('tokensVerifiedUnderKills', figures.verified);
  expect(figures.rejected).toEqual([]);
  expect(figures.verified).toBeGreaterThan(1000);
  expect(kills).toBeGreaterThan(10);
  expect(pending.length).toBeLessThanOrEqual(1);
  // Each crash that added a key would show here: one more than there were switches is the standby.
  expect(ordinals.length).toBeLessThanOrEqual(figures.kids.length + 2);
}, 240_000);

test('the private keys of a set are in no log line, event, status or ConfigMap', async () => {
  const namespace = await createNamespace('op-secrets');
  const { kubeconfigPath } = await createOperatorAccount(namespace);
  const operator = startOperator({ kubeconfigPath, namespace, args: ['--log-level', 'debug'] });
  await setsIn(namespace).create('payments', FAST_SPEC);
  const { keys, secret } = inNamespace(namespace);
  await eventually('a standby', async () => (await keys('payments')) === '#1 Active, #2 Pending');
  const signer = await secret('payments-signer');
  const { d } = JSON.parse(signer?.text['private.jwk'] ?? '') as { d: string };
  const pemBody = (signer?.text['private.pem'] ?? '').split('\n')[1] ?? '';
  expect([d.length > 40, pemBody.length > 40]).toEqual([true, true]);
  const shown: string[] = [operator.output()];
  for (const path of [
    `/apis/signingkeys.dev/v1alpha1/namespaces/${namespace}/signingkeysets`,
    `/api/v1/namespaces/${namespace}/configmaps`,
    `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  ]) {
    shown.push(JSON.stringify((await request({ method: 'GET', path })).body));
  }
  shown.push(await (await fetch(`${await operator.url()}/metrics`)).text());
  for (const text of shown) {
    expect(text.includes(d) || text.includes(pemBody) || text.includes('PRIVATE KEY')).toBe(false);
  }
});
