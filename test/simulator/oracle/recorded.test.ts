/** Histories that the real operator made, over the fake API. */
import { afterEach, expect, test } from 'vitest';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../../operator/operator-world.ts';
import { type Change, HAND, type History } from '../history.ts';
import { judge } from './judge.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

/** Every change as it is committed; what the test itself does is a hand's. */
function record(of: OperatorWorld) {
  const changes: Change[] = [];
  const startMs = of.clock.wallMs();
  let author = HAND;
  of.api.onCommit((change) => changes.push({ ...change, atMs: of.clock.wallMs(), author }));
  return {
    async operatorsWork(durationMs: number): Promise<void> {
      author = 'operator-1';
      await of.clock.advance(durationMs);
      author = HAND;
    },
    history: (): History => {
      return {
        namespace: NAMESPACE,
        setName: 'payments',
        startMs,
        endMs: of.clock.wallMs(),
        changes,
      };
    },
  };
}

test('two rotations break no promise', async () => {
  world = new OperatorWorld();
  const run = record(world);
  world.apply('payments', FAST_SPEC);
  world.start();
  await run.operatorsWork(80_000);
  expect(world.keys()).toBe('#1 Retired, #2 Retired, #3 Active, #4 Pending');
  const history = run.history();
  const verdict = judge(history, { seed: 1 });
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures.tokens).toBeGreaterThan(100);
  const s = performance.now();
  for (let i = 0; i < 200; i += 1) judge(history, { seed: i });
  process.stderr.write(
    `${history.changes.length} ${(performance.now() - s) / 200} ${JSON.stringify(verdict.figures)}\n`,
  );
});
