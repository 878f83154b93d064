/** Someone undoes what the operator writes, or sees it differently: it continues, but at a bounded rate. */
import { afterEach, expect, test } from 'vitest';
import { STEP_REGAINED_MS, STEPS_IN_A_ROW_MAX } from '../../src/operator/memory/step-allowance.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { VirtualClock } from '../support/clock/virtual-clock.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

const FIGHT_MS = 120_000;

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

function ahead(clock: VirtualClock, byMs: number): Clock {
  return {
    wallMs: () => clock.wallMs() + byMs,
    monotonicMs: () => clock.monotonicMs(),
    sleepUntil: (atMs, signal) => clock.sleepUntil(atMs, signal),
  };
}

// Two operators without an election, one of them with a clock that can't be right: each says of
// the set what it sees. Found as 25 writes a second.
test('two operators that see the set differently do not write without end', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  world.start();
  world.start({ identity: 'operator-2', clock: ahead(clock, 60_000) });
  world.apply('payments', FAST_SPEC);
  await clock.advance(20_000);
  const before = api.writes.length;
  await clock.advance(FIGHT_MS);
  const writes = world.operatorWrites(before).length;
  expect(writes).toBeGreaterThan(FIGHT_MS / STEP_REGAINED_MS);
  expect(writes).toBeLessThan(2 * (STEPS_IN_A_ROW_MAX + FIGHT_MS / STEP_REGAINED_MS));
});

test('a fight with another client is reported, and again after ten minutes', async () => {
  world = new OperatorWorld();
  const { api, clock } = world;
  const { log } = world.start();
  world.apply('payments', FAST_SPEC);
  await clock.advance(10_000);
  for (let undone = 0; undone < 660; undone += 1) {
    api.hand.edit('configmaps', 'auth', 'payments-jwks', (draft) => {
      draft['data'] = { 'jwks.json': `{"keys":[]}${' '.repeat(undone)}` };
    });
    await clock.advance(1000);
  }
  const told = log.lines.filter(({ message }) => message.includes('keeps changing'));
  expect(told.map(({ level }) => level)).toEqual(['warn', 'warn']);
  const events = api.objects('events', NAMESPACE).filter(({ reason }) => reason === 'NotAtRest');
  expect(events).toHaveLength(2);
  expect(events[0]).toMatchObject({
    type: 'Warning',
    message: expect.stringMatching(
      /^The set keeps changing\. Is another client editing its objects\?/,
    ),
  });
});
