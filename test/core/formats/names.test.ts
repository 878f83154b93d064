import { expect, test } from 'vitest';
import {
  keySecretName,
  ORDINAL_TAKEN_MAX,
  ordinalOfKeySecret,
} from '../../../src/core/formats/names.ts';

test('after any ordinal that is taken in there is a next one whose name can be read', () => {
  const name = keySecretName('payments', ORDINAL_TAKEN_MAX + 1);
  expect(ordinalOfKeySecret('payments', name)).toBe(ORDINAL_TAKEN_MAX + 1);
});

test.for([
  ['payments-key-1', 1],
  ['payments-key-120', 120],
  ['payments-key-999999999999999', 999_999_999_999_999],
  ['payments-key-0', null],
  ['payments-key-01', null],
  ['payments-key-', null],
  ['payments-key-1x', null],
  ['payments-key-1e3', null],
  ['payments-key-9999999999999999', null],
  ['payments-signer', null],
  ['other-key-1', null],
] as const)('the ordinal of %s is %s', ([name, ordinal]) => {
  expect(ordinalOfKeySecret('payments', name)).toBe(ordinal);
  if (ordinal !== null) expect(keySecretName('payments', ordinal)).toBe(name);
});
