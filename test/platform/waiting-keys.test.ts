import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  BEGUN_IN_A_ROW_MAX,
  LANES,
  type Lane,
  URGENT_IN_A_ROW_MAX,
  WaitingKeys,
} from '../../src/platform/waiting-keys.ts';

const ANY = () => true;

function create(): WaitingKeys {
  return new WaitingKeys((key) => key.slice(0, key.indexOf('/')));
}

function add(waiting: WaitingKeys, lane: Lane, ...keys: readonly string[]): void {
  for (const key of keys) waiting.add(key, lane, 0);
}

function takeAll(waiting: WaitingKeys, max = Number.POSITIVE_INFINITY): readonly string[] {
  const taken: string[] = [];
  while (taken.length < max) {
    const turn = waiting.take(ANY);
    if (turn === null) return taken;
    taken.push(turn.key);
  }
  return taken;
}

function many(group: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${group}/${index}`);
}

describe('groups take turns', () => {
  it.each(LANES)(
    'in the lane %s: a thousand keys of one delay no other by more than one',
    (lane) => {
      const waiting = create();
      add(waiting, lane, ...many('crowd', 1000));
      add(waiting, lane, 'quiet/a', 'quiet/b');
      expect(takeAll(waiting, 4)).toEqual(['crowd/0', 'quiet/a', 'crowd/1', 'quiet/b']);
    },
  );

  it('a group that comes back has its turn after the others', () => {
    const waiting = create();
    add(waiting, 'begun', 'a/1', 'a/2', 'b/1', 'c/1');
    expect(takeAll(waiting, 1)).toEqual(['a/1']);
    add(waiting, 'begun', 'a/3');
    expect(takeAll(waiting)).toEqual(['b/1', 'c/1', 'a/2', 'a/3']);
  });

  it('one that may have no worker now is passed over, and keeps its turn', () => {
    const waiting = create();
    add(waiting, 'begun', 'a/1', 'b/1', 'a/2');
    expect(waiting.take((group) => group === 'b')?.key).toBe('b/1');
    expect(waiting.take((group) => group === 'b')).toBeNull();
    expect(takeAll(waiting)).toEqual(['a/1', 'a/2']);
  });
});

describe('lanes', () => {
  it('what is urgent comes first, whoever has waited longer', () => {
    const waiting = create();
    add(waiting, 'begun', ...many('crowd', 100));
    add(waiting, 'new', ...many('more', 100));
    add(waiting, 'urgent', 'quiet/revoked');
    expect(takeAll(waiting, 1)).toEqual(['quiet/revoked']);
  });

  it('a group ends what it has begun before it begins anew', () => {
    const waiting = create();
    add(waiting, 'new', 'a/new');
    add(waiting, 'begun', 'a/begun');
    expect(takeAll(waiting)).toEqual(['a/begun', 'a/new']);
  });

  it('but no group’s begun keys come before another group’s new ones', () => {
    const waiting = create();
    add(waiting, 'begun', ...many('crowd', 100));
    add(waiting, 'new', 'quiet/new');
    expect(takeAll(waiting, 2)).toContain('quiet/new');
  });

  it('a key that waits is raised, keeps its waiting time, and is never lowered', () => {
    const waiting = create();
    waiting.add('a/1', 'new', 5);
    waiting.add('b/1', 'urgent', 7);
    waiting.raise('a/1', 'begun');
    waiting.raise('b/1', 'begun');
    waiting.raise('nobody/1', 'urgent');
    expect(waiting.take(ANY)).toEqual({ key: 'b/1', group: 'b', lane: 'urgent', sinceMs: 7 });
    expect(waiting.take(ANY)).toEqual({ key: 'a/1', group: 'a', lane: 'begun', sinceMs: 5 });
  });
});

describe('no lane waits for ever', () => {
  it('behind urgent keys that never end', () => {
    const waiting = create();
    add(waiting, 'begun', 'a/begun');
    add(waiting, 'urgent', ...many('b', 100));
    const taken = takeAll(waiting, URGENT_IN_A_ROW_MAX + 1);
    expect(taken.at(-1)).toBe('a/begun');
    expect(taken).toHaveLength(URGENT_IN_A_ROW_MAX + 1);
  });

  it('behind begun keys of its own group that never end', () => {
    const waiting = create();
    add(waiting, 'new', 'a/new');
    add(waiting, 'begun', 'a/0');
    for (let turn = 0; turn < BEGUN_IN_A_ROW_MAX; turn++) {
      const key = waiting.take(ANY)?.key ?? '';
      expect(key).not.toBe('a/new');
      add(waiting, 'begun', key);
    }
    expect(takeAll(waiting, 1)).toEqual(['a/new']);
  });

  it('nor a group behind urgent keys of others', () => {
    const waiting = create();
    add(waiting, 'urgent', ...many('a', 50), ...many('b', 50), 'c/1');
    expect(takeAll(waiting, 3)).toContain('c/1');
  });
});

test('every key is taken exactly once, and the counts are right', () => {
  const key = fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(5))
    .map(([group, n]) => `${group}/${n}`);
  const event = fc.record({
    do: fc.constantFrom('add', 'raise', 'take', 'take of a'),
    key,
    lane: fc.constantFrom(...LANES),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const waiting = create();
      const model = new Set<string>();
      for (const step of events) {
        if (step.do === 'add' && !model.has(step.key)) {
          add(waiting, step.lane, step.key);
          model.add(step.key);
        } else if (step.do === 'raise') waiting.raise(step.key, step.lane);
        else if (step.do.startsWith('take')) {
          const isOfA = step.do === 'take of a';
          const turn = waiting.take((group) => !isOfA || group === 'a');
          if (turn === null)
            expect([...model].filter((each) => !isOfA || each[0] === 'a')).toEqual([]);
          else expect(model.delete(turn.key)).toBe(true);
        }
        expect(waiting.size).toBe(model.size);
        expect(LANES.reduce((sum, lane) => sum + waiting.sizeOf(lane), 0)).toBe(model.size);
      }
      expect(takeAll(waiting).toSorted()).toEqual([...model].sort());
    }),
  );
});
