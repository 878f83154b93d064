/**
 * The oracle has no traffic and no state of a verifier: it says what each may hold at worst. Here verifiers
 * are played as they are, with all that they remember, behind servers that lag by different times and a
 * shared cache: whatever one of them goes by at some instant, the oracle must have counted with.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HAND } from '../../record/history.ts';
import { type Timeline, timelineOf } from '../facts/timeline.ts';
import { FIRST_KEY, type Move, OPERATOR as OP, smallHistory } from '../small-history.ts';
import { sceneOf } from './scene.ts';
import type { PublishedSet } from './servers.ts';
import { copiesOf } from './verifiers.ts';

const P_MS = 2000;
const H_MS = 3000;

/** How a verifier goes about its copy of the JWKS. */
interface Habits {
  readonly cacheMs: number;
  /** So long after that it uses the copy once more while it fetches another. */
  readonly staleMs: number;
  /** It fetches for an unknown kid, but no sooner than this after the last fetch; null: never. */
  readonly cooldownMs: number | null;
  /** How long it remembers that there is no such kid. */
  readonly negativeMs: number;
  /** It fetches at startup alone, and is started again this often; null: it is not of that kind. */
  readonly restartMs: number | null;
}

/** What it must declare as C: the longest that a kid it could have fetched may be unknown to it. */
function declaredMs({ cacheMs, staleMs, negativeMs, restartMs }: Habits): number {
  return restartMs ?? cacheMs + staleMs + negativeMs;
}

/** What servers and the cache between give to whoever asks. */
class Delivery {
  readonly #published: readonly PublishedSet[];
  readonly #lagsMs: readonly number[];
  #cached: { readonly set: PublishedSet; readonly fromMs: number } | null = null;

  constructor(published: readonly PublishedSet[], lagsMs: readonly number[]) {
    this.#published = published;
    this.#lagsMs = lagsMs;
  }

  /** One of the servers, whichever has its turn, or the cache. */
  fetch(atMs: number, turn: number): PublishedSet {
    if (this.#cached !== null && atMs < this.#cached.fromMs + H_MS) return this.#cached.set;
    const shownMs = atMs - (this.#lagsMs[turn % this.#lagsMs.length] ?? 0);
    const set = this.#published.findLast(({ fromMs }) => fromMs <= shownMs) ?? this.#published[0];
    if (set === undefined) throw new Error('nothing was published');
    this.#cached = { set, fromMs: atMs };
    return set;
  }
}

class RealVerifier {
  readonly #habits: Habits;
  readonly #delivery: Delivery;
  readonly #unknown = new Map<string, { readonly set: PublishedSet; readonly untilMs: number }>();
  #copy: { readonly set: PublishedSet; readonly atMs: number } | null = null;

  constructor(habits: Habits, delivery: Delivery) {
    this.#habits = habits;
    this.#delivery = delivery;
  }

  /** @returns the set by which it judges a token of this kid */
  judge(kid: string, atMs: number, turn: number): PublishedSet {
    const { cooldownMs, negativeMs, restartMs } = this.#habits;
    const known = this.#unknown.get(kid);
    if (known !== undefined && atMs < known.untilMs) return known.set;
    let used = this.#current(atMs, turn);
    const fetchedMs = this.#copy?.atMs ?? atMs;
    const mayFetch = restartMs === null && cooldownMs !== null && atMs >= fetchedMs + cooldownMs;
    if (!used.keys.has(kid) && mayFetch) used = this.#fetch(atMs, turn);
    // One that fetches at startup alone asks nobody, so there is no answer to remember.
    if (!used.keys.has(kid) && negativeMs > 0 && restartMs === null) {
      this.#unknown.set(kid, { set: used, untilMs: atMs + negativeMs });
    }
    return used;
  }

  #current(atMs: number, turn: number): PublishedSet {
    const { cacheMs, staleMs, restartMs } = this.#habits;
    const copy = this.#copy;
    const lifeMs = restartMs ?? cacheMs;
    if (copy !== null && atMs < copy.atMs + lifeMs) return copy.set;
    const fetched = this.#fetch(atMs, turn);
    const isStale = copy !== null && restartMs === null && atMs < copy.atMs + cacheMs + staleMs;
    return isStale ? copy.set : fetched;
  }

  #fetch(atMs: number, turn: number): PublishedSet {
    const set = this.#delivery.fetch(atMs, turn);
    this.#copy = { set, atMs };
    return set;
  }
}

const ms = (max: number) => fc.integer({ min: 0, max });
const habits: fc.Arbitrary<Habits> = fc.record({
  cacheMs: fc.integer({ min: 1000, max: 8000 }),
  staleMs: fc.oneof(fc.constant(0), ms(4000)),
  cooldownMs: fc.oneof(fc.constant(null), ms(6000)),
  negativeMs: fc.oneof(fc.constant(0), ms(4000)),
  restartMs: fc.oneof(fc.constant(null), fc.integer({ min: 1000, max: 9000 })),
});
const traffic = fc.array(fc.record({ afterMs: ms(1500), kid: fc.constantFrom(...'abcde') }), {
  minLength: 30,
  maxLength: 80,
});

/** A new set every few seconds, each without the first of the keys before. */
const SETS: readonly Move[] = ['a b', 'b c', 'b c d', 'c d e', 'd e', 'e'].map((keys, index) => [
  3 + 7 * index,
  OP,
  'jwks',
  keys,
]);

function timelineWith(verifierCacheMs: number): Timeline {
  const terms = {
    verifierCacheTTL: `${verifierCacheMs}ms`,
    timing: { publicationDelay: `${P_MS}ms`, sharedCacheTTL: `${H_MS}ms` },
    rotation: { interval: '24h' },
  };
  const timeline = timelineOf(smallHistory([[0, HAND, 'set', terms], ...FIRST_KEY, ...SETS]));
  if (timeline === null) throw new Error('no set is declared');
  return timeline;
}

test('whatever a real verifier goes by, the oracle has counted with', () => {
  let old = 0;
  fc.assert(
    fc.property(
      habits,
      fc.array(ms(P_MS), { minLength: 1, maxLength: 3 }),
      traffic,
      (kind, lags, tokens) => {
        const timeline = timelineWith(declaredMs(kind));
        const { published } = sceneOf(timeline);
        const route = { serverShare: 1, cacheShare: 1 };
        const counted = copiesOf(timeline, published, { route, late: ['verifierCacheTtlMs', 1] });
        const verifier = new RealVerifier(kind, new Delivery(published, lags));
        let atMs = timeline.history.startMs + 4000;
        for (const [turn, { afterMs, kid }] of tokens.entries()) {
          atMs += afterMs;
          const used = verifier.judge(kid, atMs, turn);
          const copy = counted.find((each) => each.published === used);
          if (used.untilMs < atMs) old += 1;
          expect(used.fromMs).toBeLessThanOrEqual(atMs);
          expect(copy?.untilMs ?? 0).toBeGreaterThanOrEqual(atMs);
        }
      },
    ),
    { numRuns: 200 },
  );
  // Else the verifiers here would be too good to show anything.
  expect(old).toBeGreaterThan(500);
});
