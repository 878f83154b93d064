import { expect, test } from 'vitest';
import type { Condition } from '../../../src/core/formats/status.ts';
import type { Contest } from '../../../src/core/reading/contest.ts';
import type { Observed } from '../../../src/core/reading/model.ts';
import { contestedOf, contestKeptUntilMs } from '../../../src/core/report/contested.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { worldWith } from '../../support/core-world/world.ts';

const NOW_MS = Date.UTC(2026, 11, 1, 9);

function seen(given: Pick<Observed, 'contests' | 'knowsContests'>, agoMs?: number) {
  const { set } = worldWith(FAST_SPEC).observe();
  const conditions: readonly Condition[] =
    agoMs === undefined
      ? []
      : [
          {
            type: 'Contested',
            status: 'True',
            reason: 'StepUndone',
            message: 'the last leader says so',
            observedGeneration: 1,
            lastTransitionTime: new Date(NOW_MS - agoMs).toISOString(),
          },
        ];
  return { ...given, set: { ...set, status: { conditions } } };
}

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
  const found = contestedOf(seen({ contests }), NOW_MS);
  if (expected === null) expect(found).toBeNull();
  else expect(found?.message).toMatch(expected);
});

test('the message does not change with the order of the tries', () => {
  const other = { ...LABEL, object: 'ConfigMap payments-jwks' };
  expect(contestedOf(seen({ contests: [LABEL, other] }), NOW_MS)).toEqual(
    contestedOf(seen({ contests: [other, LABEL] }), NOW_MS),
  );
});

test.each<[string, Pick<Observed, 'contests' | 'knowsContests'>, number, RegExp | null]>([
  ['is kept by an operator that has just begun', { contests: [] }, 1000, /^the last leader/],
  ['is dropped once that one would have dropped it', { contests: [] }, 300_000, null],
  ['is dropped by one that knows it is over', { contests: [], knowsContests: true }, 1000, null],
  ['gives way to what this operator has seen itself', { contests: [LABEL] }, 1000, /^Secret pay/],
])('what another operator has reported %s', (_, given, agoMs, expected) => {
  const observed = seen(given, agoMs);
  const found = contestedOf(observed, NOW_MS);
  if (expected === null) expect(found).toBeNull();
  else expect(found?.message).toMatch(expected);
  const isKept = /^the last leader/.test(found?.message ?? '');
  expect((contestKeptUntilMs(observed) ?? 0) > NOW_MS).toBe(isKept);
});
