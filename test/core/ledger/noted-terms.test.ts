import { describe, expect, test } from 'vitest';
import { durationMs } from '../../../src/api/duration-rules.ts';
import type { NotedTerms } from '../../../src/core/formats/status.ts';
import {
  largestShownTerms,
  notedTerms,
  termsToTakeIn,
} from '../../../src/core/ledger/noted-terms.ts';
import { DEFAULT_TERMS, FAST_TERMS } from '../../support/core-world/fixtures.ts';

describe('the status shows of each term', () => {
  test('the declared value, by its name in the spec', () => {
    expect(notedTerms(DEFAULT_TERMS, DEFAULT_TERMS, {})).toEqual({
      tokenTTL: '15m',
      verifierCacheTTL: '10m',
      verifierTrust: '10m',
      sharedCacheTTL: '0s',
      publicationDelay: '3m',
      signerRefreshDelay: '3m',
      verifierLeeway: '5m',
      clockSkew: '30s',
    });
  });

  test.each<[string, Partial<typeof FAST_TERMS>, Partial<typeof FAST_TERMS>, NotedTerms]>([
    ['a raised one not before the ledger has it', { tokenTtlMs: 9_000 }, {}, { tokenTTL: '8s' }],
    ['a lowered one before the ledger', { tokenTtlMs: 7_000 }, {}, { tokenTTL: '7s' }],
    ['a D without end not before', { verifierTrustMs: null }, {}, { verifierTrust: '5s' }],
    ['a D that ends again', {}, { verifierTrustMs: null }, { verifierTrust: '5s' }],
    [
      'a D without end once both have it',
      { verifierTrustMs: null },
      { verifierTrustMs: null },
      { verifierTrust: 'Unlimited' },
    ],
  ])('%s', (_, spec, inLedger, shown) => {
    const both = notedTerms({ ...FAST_TERMS, ...spec }, { ...FAST_TERMS, ...inLedger }, {});
    expect(both).toMatchObject(shown);
  });

  test.each<[string, NotedTerms, NotedTerms]>([
    ['it keeps what it alone shows', { tokenTTL: '40s' }, { tokenTTL: '40s' }],
    [
      'it keeps a D without end likewise',
      { verifierTrust: 'Unlimited' },
      { verifierTrust: 'Unlimited' },
    ],
    ['it lowers what the ledger has', { tokenTTL: '20s' }, { tokenTTL: '8s' }],
    ['it keeps no text that is no duration', { tokenTTL: 'long' }, { tokenTTL: '8s' }],
    ['it keeps no other term that is without end', { tokenTTL: 'Unlimited' }, { tokenTTL: '8s' }],
  ])('%s', (_, noted, shown) => {
    const inLedger = { ...FAST_TERMS, tokenTtlMs: 20_000 };
    expect(notedTerms(FAST_TERMS, inLedger, noted)).toEqual({
      ...notedTerms(FAST_TERMS, inLedger, {}),
      ...shown,
    });
  });
});

describe('the ledger takes in', () => {
  const LEDGER = { ...FAST_TERMS, tokenTtlMs: 40_000, verifierTrustMs: null };

  test.each<[string, NotedTerms, number, number | null]>([
    ['no lowered term that the status still shows', { tokenTTL: '40s' }, 40_000, 5_000],
    ['nor if it shows anything above the spec', { tokenTTL: '8s1ms' }, 40_000, 5_000],
    ['it once the status shows it as well', { tokenTTL: '8s' }, 8_000, 5_000],
    ['what the status shows and the ledger has not', { tokenTTL: '1h' }, 3_600_000, 5_000],
    ['a D likewise', { tokenTTL: '8s', verifierTrust: 'Unlimited' }, 8_000, null],
    ['all at once if the status shows nothing', {}, 8_000, 5_000],
    ['nor is it kept by a text that is no duration', { tokenTTL: 'long' }, 8_000, 5_000],
  ])('%s', (_, noted, tokenTtlMs, verifierTrustMs) => {
    expect(termsToTakeIn(FAST_TERMS, LEDGER, noted)).toEqual({
      ...FAST_TERMS,
      tokenTtlMs,
      verifierTrustMs,
    });
  });

  test('a raised term at once, whatever the status shows', () => {
    const raised = { ...FAST_TERMS, tokenTtlMs: 40_000 };
    expect(termsToTakeIn(raised, FAST_TERMS, { tokenTTL: '8s' })).toEqual(raised);
  });
});

test('a ledger that begins has the larger of the spec and what the status shows', () => {
  const shown = { tokenTTL: '40s', clockSkew: '0s', verifierTrust: 'Unlimited' };
  expect(largestShownTerms(FAST_TERMS, shown)).toEqual({
    ...FAST_TERMS,
    tokenTtlMs: durationMs('40s'),
    verifierTrustMs: null,
  });
  expect(largestShownTerms(FAST_TERMS, {})).toEqual(FAST_TERMS);
});
