import { expect, test } from 'vitest';
import { ceilToSecondMs } from '../../../src/core/formats/time.ts';
import { explainGate } from '../../../src/core/ledger/explain.ts';
import type { Gate, GateTerm } from '../../../src/core/ledger/gates.ts';
import { DEFAULT_TERMS, MINUTE, SECOND } from '../../support/core-world/fixtures.ts';

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

const LOWERED = { ...DEFAULT_TERMS, verifierCacheTtlMs: 5 * SECOND };
const RAISED = { ...DEFAULT_TERMS, verifierCacheTtlMs: 20 * MINUTE };

test.each<[string, Gate, string]>([
  ['of one instant', gateOf(NINE_MS), 'published 2026-12-01T09:00:00Z: 2026-12-01T09:00:00Z'],
  [
    'that ends with what holds from then on says the instant once',
    gateOf(NINE_MS, PUBLICATION),
    'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z',
  ],
  [
    'of several terms adds them up',
    gateOf(NINE_MS, PUBLICATION, CACHES),
    'published 2026-12-01T09:00:00Z, served everywhere by 09:03:00Z, verifiers cache up to 10m: 2026-12-01T09:13:00Z',
  ],
  [
    'with a term of zero leaves it out',
    gateOf(NINE_MS, SHARED, CACHES),
    'published 2026-12-01T09:00:00Z, verifiers cache up to 10m: 2026-12-01T09:10:00Z',
  ],
  [
    'with a term that is subtracted shows how much',
    gateOf(NINE_MS, CACHES, MARGIN),
    'published 2026-12-01T09:00:00Z, verifiers cache up to 10m, minus 1m as a margin: 2026-12-01T09:09:00Z',
  ],
  [
    'over midnight shows the days',
    gateOf(NINE_MS + 890 * MINUTE, CACHES),
    'published 2026-12-01T23:50:00Z, verifiers cache up to 10m: 2026-12-02T00:00:00Z',
  ],
  [
    'between two seconds is rounded up, as it is not open before',
    gateOf(NINE_MS + 1, CACHES),
    'published 2026-12-01T09:00:01Z, verifiers cache up to 10m: 2026-12-01T09:10:01Z',
  ],
  [
    'that counts from something not seen yet says so, and shows no time',
    gateOf(null, PUBLICATION, SHARED, CACHES),
    'the key is not published yet; then served everywhere within 3m, verifiers cache up to 10m',
  ],
  [
    'that counts from something not seen yet, without terms, says only that',
    gateOf(null, SHARED),
    'the key is not published yet',
  ],
])('a gate %s', (_, gate, expected) => {
  expect(explainGate(gate, DEFAULT_TERMS)).toBe(expected);
});

test.each([
  ['lowered', LOWERED, 'verifiers cache up to 10m (lowered to 5s: the old value still counts)'],
  ['raised', RAISED, 'verifiers cache up to 10m'],
  ['left as it is', DEFAULT_TERMS, 'verifiers cache up to 10m'],
])('a term that was %s', (_, declared, expected) => {
  const text = explainGate(gateOf(NINE_MS, CACHES), declared);
  expect(text).toBe(`published 2026-12-01T09:00:00Z, ${expected}: 2026-12-01T09:10:00Z`);
});

test.each([
  [0, 0],
  [1, 1000],
  [1000, 1000],
  [1001, 2000],
])('%d ms are shown as %d ms', (atMs, expected) => {
  expect(ceilToSecondMs(atMs)).toBe(expected);
});
