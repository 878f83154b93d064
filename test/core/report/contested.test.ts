import { expect, test } from 'vitest';
import type { Condition } from '../../../src/core/formats/status.ts';
import type { Contest } from '../../../src/core/reading/contest.ts';
import { contestedOf, contestedSince } from '../../../src/core/report/contested.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { worldWith } from '../../support/core-world/world.ts';

function seen(contests: readonly Contest[], contestedKeptForMs = 0, reports = false) {
  const { set } = worldWith(FAST_SPEC).observe();
  const conditions: readonly Condition[] = reports ? [REPORT] : [];
  return { contests, contestedKeptForMs, set: { ...set, status: { conditions } } };
}

const REPORT: Condition = {
  type: 'Contested',
  status: 'True',
  reason: 'StepUndone',
  message: 'the last leader says so',
  observedGeneration: 1,
  lastTransitionTime: '2026-12-01T09:00:00Z',
};

const LABEL: Contest = {
  name: 'RepairMetadata Secret payments-signer',
  intent: '1',
  urgency: 'Later',
  object: 'Secret payments-signer',
  fields: ['metadata.labels[cost-center]'],
  setBy: 'kubectl-edit',
  isPaused: true,
  isReported: true,
};

test.each<[string, readonly Contest[], RegExp | null]>([
  ['nothing is undone', [], null],
  ['undone once', [{ ...LABEL, isReported: false }], null],
  [
    'by a client',
    [LABEL],
    /^Secret payments-signer: metadata\.labels\[cost-center\] does not stay as the operator writes it; kubectl-edit set it last\./,
  ],
  [
    'on the way into the API server',
    [{ ...LABEL, setBy: 'signing-key-operator' }],
    /an admission policy or webhook changes it in the operator’s own write\./,
  ],
  ['removed', [{ ...LABEL, setBy: null }], /has no record of who last set it/],
  [
    'several fields',
    [{ ...LABEL, fields: ['data[jwks.json]', 'data[serve.json]'] }],
    /data\[jwks\.json\], data\[serve\.json\] do not stay/,
  ],
  ['an object', [{ ...LABEL, fields: [], setBy: null }], /^Secret payments-signer does not stay/],
  ['while it is tried again', [{ ...LABEL, isPaused: false }], /^Secret payments-signer: metadata/],
  [
    'more than can be named',
    Array.from({ length: 6 }, (_, index) => ({ ...LABEL, object: `Secret key-${index}` })),
    /Secret key-3: .* And 2 more\./,
  ],
])('%s', (_, contests, expected) => {
  const found = contestedOf(seen(contests));
  if (expected === null) expect(found).toBeNull();
  else expect(found?.message).toMatch(expected);
});

test('the message does not change with the order of the tries', () => {
  const other = { ...LABEL, object: 'ConfigMap payments-jwks' };
  expect(contestedOf(seen([LABEL, other]))).toEqual(contestedOf(seen([other, LABEL])));
});

test.each<[string, readonly Contest[], number, RegExp | null]>([
  ['is kept by an operator that has just begun', [], 1000, /^the last leader/],
  ['is dropped by one that knows better', [], 0, null],
  ['gives way to what this operator has seen itself', [LABEL], 1000, /^Secret pay/],
])('what another operator has reported %s', (_, contests, keptForMs, expected) => {
  const found = contestedOf(seen(contests, keptForMs, true));
  if (expected === null) expect(found).toBeNull();
  else expect(found?.message).toMatch(expected);
});

test('a status says since when it reports contests', () => {
  expect(contestedSince({ conditions: [REPORT] })).toBe('2026-12-01T09:00:00Z');
  expect(contestedSince({ conditions: [{ ...REPORT, status: 'False' }] })).toBeNull();
  expect(contestedSince(null)).toBeNull();
});
