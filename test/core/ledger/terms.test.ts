import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Terms } from '../../../src/core/formats/spec.ts';
import {
  effectiveTerms,
  LOWERED_MAX,
  largestTerms,
  leadMs,
  nextTermChangeMs,
  rememberTerms,
  sameMemory,
  type TermMemory,
  trustAfterRemovalMs,
} from '../../../src/core/ledger/terms.ts';
import { DEFAULT_TERMS, FAST_TERMS } from '../../support/core-world/fixtures.ts';
import { termsArbitrary } from '../../support/core-world/moves.ts';

const FRESH: TermMemory = { declared: FAST_TERMS, lowered: [] };

test.each([
  ['the fast terms', FAST_TERMS, 8_000],
  ['the defaults', DEFAULT_TERMS, 810_000],
  ['a shared cache', { ...FAST_TERMS, sharedCacheTtlMs: 60_000 }, 68_000],
])('the lead of %s is P + H + C + S', (_, terms, ms) => {
  expect(leadMs(terms)).toBe(ms);
});

describe('two memories are the same', () => {
  const raised = { ...FAST_TERMS, tokenTtlMs: 40_000 };
  const lowered = { declared: FAST_TERMS, lowered: [{ terms: raised, seenMs: 5 }] };

  test('if they declare the same and have lowered the same at the same time', () => {
    expect(sameMemory(FRESH, { declared: { ...FAST_TERMS }, lowered: [] })).toBe(true);
    expect(sameMemory(lowered, structuredClone(lowered))).toBe(true);
  });

  test.each<[string, TermMemory]>([
    ['another declared', { ...lowered, declared: raised }],
    ['none lowered', FRESH],
    ['another time', { ...lowered, lowered: [{ terms: raised, seenMs: 6 }] }],
    ['another lowered', { ...lowered, lowered: [{ terms: FAST_TERMS, seenMs: 5 }] }],
    ['one more', { ...lowered, lowered: [...lowered.lowered, { terms: raised, seenMs: 7 }] }],
  ])('not with %s', (_, other) => {
    expect(sameMemory(lowered, other)).toBe(false);
    expect(sameMemory(other, lowered)).toBe(false);
  });
});

test('after a removal trust ends with D, not C; if D has no end, it never ends', () => {
  const terms = { ...FAST_TERMS, verifierTrustMs: 100_000, sharedCacheTtlMs: 10_000 };
  expect(trustAfterRemovalMs(terms)).toBe(2_000 + 10_000 + 100_000 + 1_000);
  expect(trustAfterRemovalMs({ ...terms, verifierTrustMs: null })).toBeNull();
  expect(largestTerms(terms, { ...terms, verifierTrustMs: null }).verifierTrustMs).toBeNull();
});

describe('a term that was lowered', () => {
  const atMs = 1_000_000;
  const lowered = rememberTerms(
    FRESH,
    { ...FAST_TERMS, tokenTtlMs: 1_000, verifierCacheTtlMs: 500 },
    atMs,
  );

  test.each<[string, number, number, number]>([
    ['at once', atMs, 8_000, 5_000],
    ['just before P + the old C', atMs + 6_999, 8_000, 5_000],
    ['P + the old C later', atMs + 7_000, 8_000, 500],
    ['just before P + the old T', atMs + 9_999, 8_000, 500],
    ['P + the old T later', atMs + 10_000, 1_000, 500],
  ])('counts in full %s', (_, nowMs, tokenTtlMs, verifierCacheTtlMs) => {
    expect(effectiveTerms(lowered, nowMs)).toMatchObject({ tokenTtlMs, verifierCacheTtlMs });
  });

  test('stops counting at a time that is known', () => {
    // A P that was not lowered is remembered with the rest, so its own end is a change too.
    expect(nextTermChangeMs(lowered, atMs + 6_500)).toBe(atMs + 7_000);
    expect(nextTermChangeMs(lowered, atMs + 10_000)).toBeNull();
  });

  test('that is raised again counts with its larger value', () => {
    const raised = rememberTerms(lowered, { ...FAST_TERMS, tokenTtlMs: 20_000 }, atMs + 1_000);
    expect(effectiveTerms(raised, atMs + 1_000).tokenTtlMs).toBe(20_000);
  });
});

test('raised terms need no entry', () => {
  expect(rememberTerms(FRESH, { ...FAST_TERMS, tokenTtlMs: 9_000 }, 5).lowered).toEqual([]);
});

test('any number of edits is remembered in a bounded list, to the safe side', () => {
  const edits = fc.array(fc.tuple(termsArbitrary, fc.integer({ min: 0, max: 3_000 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(edits, fc.integer({ min: 0, max: 40_000 }), (list, laterMs) => {
      let memory = FRESH;
      let nowMs = 0;
      const history: { terms: Terms; loweredMs: number }[] = [];
      for (const [terms, waitMs] of list) {
        nowMs += waitMs;
        history.push({ terms: memory.declared, loweredMs: nowMs });
        memory = rememberTerms(memory, terms, nowMs);
      }
      expect(memory.lowered.length).toBeLessThanOrEqual(LOWERED_MAX);
      const atMs = nowMs + laterMs;
      const effective = effectiveTerms(memory, atMs);
      for (const { terms, loweredMs } of history) {
        for (const name of ['tokenTtlMs', 'verifierCacheTtlMs', 'clockSkewMs'] as const) {
          const isHeld = loweredMs + terms.publicationDelayMs + terms[name] > atMs;
          if (isHeld) expect(effective[name]).toBeGreaterThanOrEqual(terms[name]);
        }
      }
    }),
    { numRuns: 200 },
  );
});
