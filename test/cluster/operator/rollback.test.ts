import { expect, test } from 'vitest';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';
import { FAST_TERMS, TokenWorld } from './token-world.ts';

test('a rollback by annotation: the key before signs again, and no token is rejected', async () => {
  const { namespace, sets, statusOf, secret, ...look } = await started('op-rollback');
  await sets.create('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await eventually('a proven standby', async () => {
    return (await look.condition('payments', 'StandbyReady'))?.status === 'True';
  });
  const world = new TokenWorld(namespace, 'payments', FAST_TERMS);
  const running = world.run();
  const kid1 = (await statusOf('payments')).activeKid ?? '';
  await look.annotate('payments', 'rotate', 'there');
  await eventually('the rotation', async () => (await statusOf('payments')).activeKey === '#2');
  await eventually('issuers with it', async () => world.signsWith() !== kid1);
  await eventually('the next standby', async () => {
    return (await look.keys('payments')) === '#1 Retiring, #2 Active, #3 Pending';
  });
  await look.annotate('payments', 'rollback', 'back');
  await eventually('the rollback', async () => (await statusOf('payments')).activeKey === '#1');

  const status = await statusOf('payments');
  expect([status.lastHandledRollbackRequest, status.rollbackRefused]).toEqual(['back', undefined]);
  expect((await secret('payments-signer'))?.text['kid']).toBe(kid1);
  expect(await look.keys('payments')).toBe('#1 Active, #2 Retiring, #3 Pending');
  expect((await look.keyStatus('payments', 1))?.removableTime).toBeUndefined();
  expect(await look.columns('payments')).toMatchObject({
    ...{ READY: 'True', ACTIVE: '#1', KEYS: '3', 'ACTIVE KID': kid1 },
  });
  await eventually('its event', async () => {
    return (await look.eventReasons('payments')).includes('RolledBack');
  });

  // A second one goes back to where the first came from, and the same id does nothing.
  await look.annotate('payments', 'rollback', 'forth');
  await eventually('the way back', async () => (await statusOf('payments')).activeKey === '#2');
  await eventually('issuers with it', async () => world.signsWith() !== kid1);
  const figures = world.stop();
  await running;
  expect(figures.rejected).toEqual([]);
  expect(figures.verified).toBeGreaterThan(100);
  expect(figures.switches).toBe(3);
});

test('a rollback without a key before is refused, once, and says why', async () => {
  const { sets, statusOf, ...look } = await started('op-rollback-no');
  await sets.create('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await eventually('a standby', async () => {
    return (await look.keys('payments')) === '#1 Active, #2 Pending';
  });
  await look.annotate('payments', 'rollback', 'nowhere');
  const refused = await eventually('the refusal', async () => {
    return (await statusOf('payments')).rollbackRefused;
  });
  expect(refused).toEqual({
    request: 'nowhere',
    reason: 'NoPreviousKey',
    message: 'no earlier key of this set is still published',
  });
  await eventually('its event', async () => {
    return (await look.eventReasons('payments')).includes('RollbackRefused');
  });
  const { activeKey, lastHandledRollbackRequest } = await statusOf('payments');
  expect([activeKey, lastHandledRollbackRequest]).toEqual(['#1', 'nowhere']);
});
