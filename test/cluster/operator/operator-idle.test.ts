import { expect, test } from 'vitest';
import { recordFigure } from '../../support/vitest/record-figure.ts';
import { setsIn } from '../sets.ts';
import { auditEvents, auditWrites, createNamespace, kubectl } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, inNamespace } from './operator-cases.ts';
import { createOperatorAccount, startOperator } from './operator-process.ts';

/** How long an idle set is watched; `make test-idle` makes it five minutes. */
const IDLE_SECONDS = Number(process.env['IDLE_SECONDS'] ?? 20);
test('after convergence, a hundred touches and idle time make no write', async () => {
  const namespace = await createNamespace('op-idle');
  const { kubeconfigPath, user } = await createOperatorAccount(namespace);
  const { keys, statusOf } = inNamespace(namespace);
  const operator = startOperator({ kubeconfigPath, namespace });
  await setsIn(namespace).create('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await eventually('convergence', async () => {
    const standby = (await statusOf('payments')).conditions?.find(
      ({ type }) => type === 'StandbyReady',
    );
    return standby?.status === 'True' && (await keys('payments')) === '#1 Active, #2 Pending';
  });
  const sinceMs = Date.now();
  for (let touch = 0; touch < 25; touch += 1) {
    for (const object of [
      'sks/payments',
      'secret/payments-signer',
      'secret/payments-key-2',
      'cm/payments-jwks',
    ]) {
      await kubectl(['label', object, '-n', namespace, `touched=t${touch}`, '--overwrite']);
    }
  }
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  recordFigure('idleSeconds', IDLE_SECONDS);
  expect(auditEvents({ user, sinceMs }).length).toBeGreaterThan(25);
  expect(auditWrites({ user, sinceMs })).toEqual([]);
  expect(await operator.end('SIGTERM')).toBe(0);
}, 600_000);
