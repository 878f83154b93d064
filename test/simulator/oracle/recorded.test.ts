/** Histories that the real operator made, over the fake API. */
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../fake-api/json/json.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../../operator/operator-world.ts';
import { type Change, HAND, type History } from '../record/history.ts';
import { judge } from './judge.ts';

const SET = 'payments';

/** A world that notes every change as it is committed; what the test does counts as done by hand. */
class RecordedWorld extends OperatorWorld {
  readonly changes: Change[] = [];
  readonly #startMs = this.clock.wallMs();
  #author = HAND;

  constructor() {
    super();
    this.api.onCommit((change) => {
      this.changes.push({ ...change, atMs: this.clock.wallMs(), author: this.#author });
    });
    this.apply(SET, FAST_SPEC);
    this.start();
  }

  async operatorsWork(durationMs: number): Promise<void> {
    this.#author = 'operator-1';
    // A second at a time, so that steps which follow one another do so in time, too.
    for (let doneMs = 0; doneMs < durationMs; doneMs += 1000) await this.clock.advance(1000);
    this.#author = HAND;
  }

  saved(resource: string, name: string): JsonObject {
    const found = this.api.hand.get(resource, NAMESPACE, name);
    if (found === null) throw new Error(`there is no ${resource} ${name}`);
    return found;
  }

  history(changes: readonly Change[] = this.changes): History {
    const endMs = this.clock.wallMs();
    return { namespace: NAMESPACE, setName: SET, startMs: this.#startMs, endMs, changes };
  }
}

let world: RecordedWorld;
afterEach(() => world.stopAll());

async function rotatedTwice(): Promise<void> {
  world = new RecordedWorld();
  await world.operatorsWork(80_000);
  expect(world.keys()).toBe('#1 Retired, #2 Retired, #3 Active, #4 Pending');
}

test('two rotations break no promise, and are seen by many', async () => {
  await rotatedTwice();
  const { violations, figures } = judge(world.history(), { seed: 1 });
  expect(violations).toEqual([]);
  expect(figures.tokens).toBeGreaterThan(100);
  expect(figures.verifications).toBeGreaterThan(10_000);
});

describe('the same history breaks promises where', () => {
  const isOf = (name: string, change: Change) => change.name === name && change.before !== null;
  const data = (object: JsonObject | null) => JSON.stringify(object?.['data']);
  const isSwitch = (change: Change) =>
    isOf('payments-signer', change) && data(change.before) !== data(change.after);
  const isJwks = (change: Change) => isOf('payments-jwks', change);

  test.each([
    // It was published at 0 s, and may sign from 7 s on; in truth it does at 30 s.
    {
      what: 'the first switch comes 24 s sooner',
      of: 'findIndex',
      isIt: isSwitch,
      byMs: 24_000,
      broken: ['I2', 'P1', 'Requests', 'Truth'],
    },
    {
      what: 'the last removal comes 4 s sooner',
      of: 'findLastIndex',
      isIt: isJwks,
      byMs: 4000,
      broken: ['I3', 'P1'],
    },
  ] as const)('$what', async ({ of, isIt, byMs, broken }) => {
    await rotatedTwice();
    const index = world.changes[of](isIt);
    const moved = world.changes.map((change, at) => {
      return at === index ? { ...change, atMs: change.atMs - byMs } : change;
    });
    const ordered = moved.sort((a, b) => a.atMs - b.atMs);
    const changes = ordered.map((change, at) => ({ ...change, revision: at + 1 }));
    const { violations } = judge(world.history(changes), { seed: 1 });
    expect([...new Set(violations.map(({ promise }) => promise))].sort()).toEqual(broken);
  });
});

describe('someone else at work', () => {
  const objects = [
    ['configmaps', 'payments-jwks'],
    ['secrets', 'payments-signer'],
    ['secrets', 'payments-key-2'],
    ['signingkeysets', SET],
  ] as const;
  // Before, in and after the first switch, and around the removal that follows.
  const cases = objects.flatMap(([resource, name]) =>
    [9000, 31_000, 33_000, 44_000].map((atMs) => ({ resource, name, atMs })),
  );

  test.each(cases)('deletes $resource $name at $atMs', async ({ resource, name, atMs }) => {
    world = new RecordedWorld();
    await world.operatorsWork(atMs);
    world.api.hand.erase(resource, NAMESPACE, name);
    await world.operatorsWork(60_000);
    expect(judge(world.history(), { seed: 1 }).violations).toEqual([]);
  });

  test.each(cases)('restores an old $resource $name at $atMs', async ({ resource, name, atMs }) => {
    world = new RecordedWorld();
    await world.operatorsWork(2000);
    const saved = world.saved(resource, name);
    await world.operatorsWork(atMs - 2000);
    world.api.hand.restore(resource, saved);
    await world.operatorsWork(60_000);
    expect(judge(world.history(), { seed: 1 }).violations).toEqual([]);
  });
});
