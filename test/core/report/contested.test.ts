import { expect, test } from 'vitest';
import type { Contest } from '../../../src/core/reading/contest.ts';
import { contestedOf } from '../../../src/core/report/contested.ts';

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
  const found = contestedOf(contests);
  if (expected === null) expect(found).toBeNull();
  else expect(found?.message).toMatch(expected);
});

test('the message does not change with the order of the tries', () => {
  const other = { ...LABEL, object: 'ConfigMap payments-jwks' };
  expect(contestedOf([LABEL, other])).toEqual(contestedOf([other, LABEL]));
});
