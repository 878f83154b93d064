import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIMER_MAX_MS } from '../../src/platform/clock.ts';
import {
  BACKOFF_FIRST_MS,
  BACKOFF_MAX_MS,
  backoffMs,
  createWorkQueue,
  type PassResult,
  type WorkQueue,
} from '../../src/platform/work-queue.ts';
import { createManualClock } from '../support/clock/manual-clock.ts';

const DONE: PassResult = { kind: 'done', nextAtMs: null };
const HOUR_MS = 3_600_000;
const IDLE = { urgent: 0, begun: 0, new: 0 };

/** A queue whose passes end when the test ends them, or immediately with the result of `answer`. */
function createBench(workers = 1, answer?: (key: string) => PassResult) {
  const clock = createManualClock();
  const passes: { key: string; atMs: number; signal: AbortSignal }[] = [];
  const open: { key: string; end: (result: PassResult) => void; fail: (error: Error) => void }[] =
    [];
  const failures: { key: string; retryInMs: number }[] = [];
  const figures = { added: 0, retried: 0, waited: [] as number[], worked: [] as number[] };
  const queue: WorkQueue = createWorkQueue({
    clock,
    random: { float: () => 1, hex: () => '' },
    workers,
    groupOf: (key) => key,
    laneOf: () => 'begun',
    metrics: {
      added: () => figures.added++,
      retried: () => figures.retried++,
      waited: (seconds) => figures.waited.push(seconds),
      worked: (seconds) => figures.worked.push(seconds),
    },
    onFailure: (key, _error, retryInMs) => failures.push({ key, retryInMs }),
    pass: async (key, signal) => {
      passes.push({ key, atMs: clock.monotonicMs(), signal });
      if (answer !== undefined) return answer(key);
      return new Promise((end, fail) => open.push({ key, end, fail }));
    },
  });
  /** Ends the pass that has run the longest. */
  const end = async (result: PassResult | Error) => {
    const pass = open.shift();
    if (pass === undefined) throw new Error('no pass runs');
    if (result instanceof Error) pass.fail(result);
    else pass.end(result);
    await clock.advance(0);
  };
  const keys = () => passes.map((pass) => pass.key);
  return { clock, queue, passes, failures, figures, end, keys };
}

describe('a key waits once, and one worker works on it', () => {
  it('makes one pass for many adds in a row', async () => {
    const { queue, clock, keys, figures } = createBench(4, () => DONE);
    queue.start();
    for (let count = 0; count < 5; count++) queue.add('a');
    queue.add('b');
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b']);
    expect(figures.added).toBe(2);
  });

  it('makes one more pass for a key that was added during its pass', async () => {
    const { queue, clock, keys, end } = createBench(4);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('a');
    await clock.advance(0);
    expect(keys()).toEqual(['a']);
    await end(DONE);
    expect(keys()).toEqual(['a', 'a']);
    await end(DONE);
    await clock.advance(HOUR_MS);
    expect(keys()).toEqual(['a', 'a']);
  });

  it('puts a key that was added during its pass behind those that wait', async () => {
    const { queue, clock, keys, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('b');
    await end(DONE);
    await end(DONE);
    expect(keys()).toEqual(['a', 'b', 'a']);
  });

  it('runs one pass per worker at once, in the order of the adds', async () => {
    const { queue, clock, keys, end } = createBench(2);
    queue.start();
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b']);
    await end(DONE);
    expect(keys()).toEqual(['a', 'b', 'c']);
    expect(queue.state()).toMatchObject({ depth: { begun: 1 }, running: 2 });
  });

  it('begins no pass before start', async () => {
    const { queue, clock, keys } = createBench(1, () => DONE);
    queue.add('a');
    queue.addAt('b', 1000);
    await clock.advance(5000);
    expect(keys()).toEqual([]);
    queue.start();
    await clock.advance(0);
    expect(keys()).toEqual(['a', 'b']);
  });

  it('needs a worker', () => {
    expect(() => createBench(0)).toThrow(RangeError);
  });
});

describe('schedules', () => {
  it('keeps the soonest of several, and makes one pass', async () => {
    const { queue, clock, passes } = createBench(1, () => DONE);
    queue.start();
    queue.addAt('a', 5000);
    queue.addAt('a', 2000);
    queue.addAt('a', 9000);
    await clock.advance(HOUR_MS);
    expect(passes.map((pass) => pass.atMs)).toEqual([2000]);
  });

  it('wakes each key at its own time', async () => {
    const { queue, clock, passes } = createBench(1, () => DONE);
    queue.start();
    queue.addAt('c', 9000);
    queue.addAt('a', 1000);
    queue.addAt('b', 1000.5);
    await clock.advance(HOUR_MS);
    expect(passes.map(({ key, atMs }) => [key, atMs])).toEqual([
      ['a', 1000],
      ['b', 1000.5],
      ['c', 9000],
    ]);
  });

  it('replaces a schedule with the result of an earlier pass', async () => {
    const { queue, clock, passes } = createBench(1, () => ({
      kind: 'done',
      nextAtMs: passes.length === 1 ? 8000 : null,
    }));
    queue.start();
    queue.addAt('a', 5000);
    await clock.advance(1000);
    queue.add('a');
    await clock.advance(HOUR_MS);
    expect(passes.map((pass) => pass.atMs)).toEqual([1000, 8000]);
  });

  it('keeps what was scheduled during a pass, if it is sooner than the result', async () => {
    const { queue, clock, passes, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    queue.addAt('a', 3000);
    await end({ kind: 'done', nextAtMs: 8000 });
    await clock.advance(3000);
    expect(passes.map((pass) => pass.atMs)).toEqual([0, 3000]);
  });

  it('makes another pass immediately if the time has passed or the pass asks for it', async () => {
    const { queue, clock, passes, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(10);
    await end({ kind: 'done', nextAtMs: 10 });
    await end({ kind: 'again' });
    expect(passes.map((pass) => pass.atMs)).toEqual([0, 10, 10]);
  });

  it('sets no timer for longer than TIMER_MAX_MS, and still wakes once after 60 days', async () => {
    const { queue, clock, passes } = createBench(1, () => DONE);
    queue.start();
    queue.addAt('a', 60 * 24 * HOUR_MS);
    await clock.advance(61 * 24 * HOUR_MS);
    expect(passes.map((pass) => pass.atMs)).toEqual([60 * 24 * HOUR_MS]);
    expect(clock.longestSleepMs()).toBe(TIMER_MAX_MS);
  });
});

describe('back-off', () => {
  it('doubles per key, up to a bound', async () => {
    const { queue, clock, failures, figures, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    for (let count = 0; count < 16; count++) {
      await end(new Error('refused'));
      await clock.advance(BACKOFF_MAX_MS);
    }
    const waits = failures.map((failure) => failure.retryInMs);
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.slice(-2)).toEqual([BACKOFF_MAX_MS, BACKOFF_MAX_MS]);
    expect(figures.retried).toBe(16);
  });

  it.each([
    ['done', DONE],
    ['again', { kind: 'again' }],
  ] as const)('begins again after a pass that is %s', async (_name, result) => {
    const { queue, clock, failures, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    await end(new Error('refused'));
    await clock.advance(BACKOFF_FIRST_MS);
    await end(result);
    queue.add('a');
    await clock.advance(0);
    await end(new Error('refused'));
    expect(failures.map((failure) => failure.retryInMs)).toEqual([5, 5]);
  });

  it('does not delay an add during the back-off, and then does not retry twice', async () => {
    const { queue, clock, passes, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    await end({ kind: 'retry', notBeforeMs: 30_000 });
    await clock.advance(1000);
    queue.add('a');
    await clock.advance(0);
    await end(DONE);
    await clock.advance(HOUR_MS);
    expect(passes.map((pass) => pass.atMs)).toEqual([0, 1000]);
  });

  it("waits for as long as a server's Retry-After says", async () => {
    const { queue, clock, passes, end } = createBench(1);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    await end({ kind: 'retry', notBeforeMs: 7000 });
    await clock.advance(HOUR_MS);
    expect(passes.map((pass) => pass.atMs)).toEqual([0, 7000]);
  });

  it('stays between half and all of the full wait', () => {
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(5000), dice, (failures, unit) => {
        const fullMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** failures);
        expect(backoffMs(failures, unit)).toBeGreaterThanOrEqual(fullMs / 2);
        expect(backoffMs(failures, unit)).toBeLessThanOrEqual(fullMs);
      }),
    );
  });
});

describe('figures', () => {
  it('measures waiting, work, and unfinished work', async () => {
    const { queue, clock, figures, end } = createBench(1);
    queue.add('a');
    await clock.advance(2000);
    queue.start();
    await clock.advance(3000);
    queue.add('b');
    queue.addAt('c', HOUR_MS);
    await clock.advance(1000);
    expect(queue.state()).toEqual({
      depth: { urgent: 0, begun: 1, new: 0 },
      scheduled: 1,
      running: 1,
      unfinishedSeconds: 4,
      longestRunningSeconds: 4,
    });
    await end(DONE);
    await end(DONE);
    expect(figures.waited).toEqual([2, 1]);
    expect(figures.worked).toEqual([4, 0]);
    expect(queue.state()).toMatchObject({ depth: IDLE, running: 0, longestRunningSeconds: 0 });
  });
});

describe('shutdown', () => {
  it('lets running passes end, begins no others, and ignores new keys', async () => {
    const { queue, clock, keys, passes, end } = createBench(1);
    queue.start();
    for (const key of ['a', 'b']) queue.add(key);
    queue.addAt('c', 1000);
    await clock.advance(0);
    queue.add('a');
    const down = queue.shutdown(20_000);
    queue.add('d');
    queue.addAt('e', 1500);
    await clock.advance(2000);
    expect(passes[0]?.signal.aborted).toBe(false);
    await end({ kind: 'again' });
    expect(await down).toEqual([]);
    queue.start();
    await clock.advance(HOUR_MS);
    expect(keys()).toEqual(['a']);
    expect(clock.sleeping()).toBe(0);
  });

  it('aborts running passes after the grace, and names those that do not stop', async () => {
    const { queue, clock, passes } = createBench(2);
    queue.start();
    queue.add('a');
    await clock.advance(0);
    const down = queue.shutdown(20_000);
    await clock.advance(19_999);
    expect(passes[0]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(passes[0]?.signal.aborted).toBe(true);
    await clock.advance(1000);
    expect(await down).toEqual(['a']);
  });

  it('ends immediately if nothing runs, even if called twice', async () => {
    const { queue } = createBench(1);
    queue.start();
    expect(await Promise.all([queue.shutdown(20_000), queue.shutdown(0)])).toEqual([[], []]);
  });
});

describe('any order of events', () => {
  it('never makes two passes of a key at once, and never loses an add', async () => {
    const event = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({
        do: fc.constant('end' as const),
        how: fc.constantFrom('done', 'again', 'throw'),
      }),
      fc.record({ do: fc.constant('pass time' as const), ms: fc.nat(100) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const clock = createManualClock();
        const running: { key: string; end: (how: string) => void }[] = [];
        const lastAdd = new Map<string, number>();
        const lastStart = new Map<string, number>();
        let turn = 0;
        const queue = createWorkQueue({
          clock,
          random: { float: () => 0.5, hex: () => '' },
          workers: 2,
          groupOf: (key) => key,
          laneOf: () => 'begun',
          metrics: { added() {}, retried() {}, waited() {}, worked() {} },
          onFailure: () => {},
          pass: (key) => {
            expect(running.map((pass) => pass.key)).not.toContain(key);
            expect(running.length).toBeLessThan(2);
            lastStart.set(key, turn++);
            return new Promise((resolve, reject) => {
              const end = (how: string) => {
                if (how === 'throw') reject(new Error('refused'));
                else resolve(how === 'again' ? { kind: 'again' } : DONE);
              };
              running.push({ key, end });
            });
          },
        });
        queue.start();
        for (const step of events) {
          if (step.do === 'add') {
            lastAdd.set(step.key, turn++);
            queue.add(step.key);
          } else if (step.do === 'end') running.shift()?.end(step.how);
          await clock.advance(step.do === 'pass time' ? step.ms : 0);
        }
        await clock.advance(BACKOFF_MAX_MS);
        for (let count = 0; running.length > 0 && count < 50; count++) {
          running.shift()?.end('done');
          await clock.advance(BACKOFF_MAX_MS);
        }
        expect(queue.state()).toMatchObject({ depth: IDLE, running: 0, scheduled: 0 });
        for (const [key, addedAt] of lastAdd) {
          expect(lastStart.get(key) ?? -1).toBeGreaterThan(addedAt);
        }
      }),
      { numRuns: 60 },
    );
  });
});
