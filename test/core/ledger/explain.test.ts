import { expect, test } from 'vitest';
import { ceilToSecondMs } from '../../../src/core/formats/time.ts';
import { type Declared, explainGate } from '../../../src/core/ledger/explain.ts';
import type { Gate, GateTerm } from '../../../src/core/ledger/gates.ts';
import { DEFAULT_TERMS, MINUTE, SECOND, TERM_FIELDS } from '../../support/core-world/fixtures.ts';

const NINE_MS = Date.UTC(2026, 11, 1, 9);
const PUBLICATION: GateTerm = {
  label: 'served everywhere',
  durationMs: 3 * MINUTE,
  kind: 'until',
  term: 'publicationDelayMs',
};
const CACHES: GateTerm = {
  label: 'verifiers cache up to',
  durationMs: 10 * MINUTE,
  term: 'verifierCacheTtlMs',
};
const SHARED: GateTerm = { label: 'shared caches keep old copies up to', durationMs: 0 };
const MARGIN: GateTerm = { label: 'as a margin', durationMs: -MINUTE };

function gateOf(atMs: number | null, ...terms: readonly GateTerm[]): Gate {
  const opensAtMs = terms.reduce((sum, { durationMs }) => sum + durationMs, atMs ?? 0);
  const from = { label: 'published', notYet: 'the key is not published yet', atMs };
  return { opensAtMs: atMs === null ? null : opensAtMs, from, terms };
}

const SKEWS: GateTerm = {
  label: '2 × clock skew =',
  durationMs: MINUTE,
  term: 'clockSkewMs',
  times: 2,
};
const INTERVAL: GateTerm = {
  label: 'rotation interval',
  durationMs: 720 * 60 * MINUTE,
  field: 'spec.rotation.interval',
};

/** A set that lists its verifiers: the slowest sets C. */
const DECLARED: Declared = {
  terms: DEFAULT_TERMS,
  termFields: { ...TERM_FIELDS, verifierCacheTtlMs: 'spec.verifiers[orders], preset envoy' },
};

function withTerms(terms: Partial<Declared['terms']>): Declared {
  return { ...DECLARED, terms: { ...DEFAULT_TERMS, ...terms } };
}

test.each<[string, Gate, string]>([
  ['of one instant', gateOf(NINE_MS), 'published 2026-12-01T09:00:00Z: 2026-12-01T09:00:00Z'],
  [
    'that ends with what holds from then on says the instant once, and the value with its field',
    gateOf(NINE_MS, PUBLICATION),
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z (spec.timing.publicationDelay: 3m)',
  ],
  [
    'of several terms adds them up, and names who causes each',
    gateOf(NINE_MS, PUBLICATION, CACHES),
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z (spec.timing.publicationDelay: 3m), ' +
      'verifiers cache up to 10m (spec.verifiers[orders], preset envoy): 2026-12-01T09:13:00Z',
  ],
  [
    'with a term of zero leaves it out',
    gateOf(NINE_MS, SHARED, CACHES),
    'published 2026-12-01T09:00:00Z, verifiers cache up to 10m (spec.verifiers[orders], preset envoy): ' +
      '2026-12-01T09:10:00Z',
  ],
  [
    'with a term that is subtracted shows how much',
    gateOf(NINE_MS, CACHES, MARGIN),
    'published 2026-12-01T09:00:00Z, verifiers cache up to 10m (spec.verifiers[orders], preset envoy), minus 1m as a ' +
      'margin: 2026-12-01T09:09:00Z',
  ],
  [
    'with a term that counts twice names its field',
    gateOf(NINE_MS, SKEWS),
    'published 2026-12-01T09:00:00Z, 2 × clock skew = 1m (spec.timing.clockSkew): 2026-12-01T09:01:00Z',
  ],
  [
    'with a value that is no term names its field',
    gateOf(NINE_MS, INTERVAL),
    'published 2026-12-01T09:00:00Z, rotation interval 720h (spec.rotation.interval): 2026-12-31T09:00:00Z',
  ],
  [
    'between two seconds is rounded up, as it is not open before',
    gateOf(NINE_MS + 1, SKEWS),
    'published 2026-12-01T09:00:01Z, 2 × clock skew = 1m (spec.timing.clockSkew): 2026-12-01T09:01:01Z',
  ],
  [
    'that counts from something not seen yet says so, and shows no time',
    gateOf(null, PUBLICATION, SHARED, CACHES),
    'the key is not published yet; then served everywhere within 3m (spec.timing.publicationDelay), verifiers cache ' +
      'up to 10m (spec.verifiers[orders], preset envoy)',
  ],
  [
    'that counts from something not seen yet, without terms, says only that',
    gateOf(null, SHARED),
    'the key is not published yet',
  ],
])('a gate %s', (_, gate, expected) => {
  expect(explainGate(gate, DECLARED)).toBe(expected);
});

test.each<[string, Declared, string]>([
  [
    'lowered says that the earlier value still counts',
    withTerms({ verifierCacheTtlMs: 5 * SECOND }),
    'verifiers cache up to 10m (spec.verifiers[orders], preset envoy is 5s now; the earlier 10m still counts)',
  ],
  [
    'raised a moment ago names no field',
    withTerms({ verifierCacheTtlMs: 20 * MINUTE }),
    'verifiers cache up to 10m',
  ],
  [
    'left as it is names its field',
    DECLARED,
    'verifiers cache up to 10m (spec.verifiers[orders], preset envoy)',
  ],
])('a term that was %s', (_, declared, expected) => {
  const text = explainGate(gateOf(NINE_MS, CACHES), declared);
  expect(text).toBe(`published 2026-12-01T09:00:00Z, ${expected}: 2026-12-01T09:10:00Z`);
});

test('a term that counts twice and was lowered shows both values once', () => {
  const text = explainGate(gateOf(NINE_MS, SKEWS), withTerms({ clockSkewMs: 5 * SECOND }));
  expect(text).toContain(
    '2 × clock skew = 1m (spec.timing.clockSkew is 5s now; the earlier 30s still counts)',
  );
});

test.each([
  [0, 0],
  [1, 1000],
  [1000, 1000],
  [1001, 2000],
])('%d ms are shown as %d ms', (atMs, expected) => {
  expect(ceilToSecondMs(atMs)).toBe(expected);
});
