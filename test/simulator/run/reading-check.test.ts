import { expect, test } from 'vitest';
import { readingViolations } from './reading-check.ts';

const READ_SET = 'get:signingkeysets:payments';
const READ_ALL = [READ_SET, 'get:secrets:payments-signer', 'get:configmaps:payments-jwks'];
const CREATE_KEY = 'create:secrets:payments-key-1';
const CREATE_JWKS = 'create:configmaps:payments-jwks';
const WRITE_SIGNER = 'update:secrets:payments-signer';
const WRITE_STATUS = 'update:signingkeysets.status:payments';

/** Requests of one operator or of more, each a second after the one before. */
function brokenAt(steps: readonly string[], authors: readonly string[] = ['operator-1']) {
  const entries = steps.map((step, index) => {
    const who = authors[index % authors.length] ?? '';
    return {
      kind: 'request',
      atMs: index,
      who,
      step: `${step}:${index + 1}`,
      status: 200,
    } as const;
  });
  return readingViolations({ entries }).map(({ atMs }) => atMs);
}

test.each([
  ['each write has a reading', [...READ_ALL, WRITE_SIGNER, ...READ_ALL, WRITE_SIGNER], []],
  ['a second write by the same reading', [...READ_ALL, WRITE_SIGNER, WRITE_SIGNER], [4]],
  ['after a status too', [...READ_ALL, WRITE_STATUS, WRITE_SIGNER], [4]],
  ['and a status after another write', [...READ_ALL, WRITE_SIGNER, WRITE_STATUS], [4]],
  ['a status needs the set alone', [READ_SET, WRITE_STATUS, READ_SET, WRITE_STATUS], []],
  ['a signer needs them all', [READ_SET, WRITE_SIGNER], [1]],
  [
    'one object is not read again',
    [...READ_ALL, WRITE_SIGNER, ...READ_ALL.slice(0, 2), WRITE_SIGNER],
    [6],
  ],
  ['the first key and its JWKS need one', [...READ_ALL, CREATE_KEY, CREATE_JWKS], []],
  ['no JWKS without a key before it', [...READ_ALL, WRITE_SIGNER, CREATE_JWKS], [4]],
  ['and nothing after them', [...READ_ALL, CREATE_KEY, CREATE_JWKS, WRITE_SIGNER], [5]],
  ['nor another write before it', [...READ_ALL, CREATE_KEY, WRITE_SIGNER, CREATE_JWKS], [4, 5]],
  ['events and leases are no steps', ['create:events:-', 'update:leases:lease'], []],
])('%s', (_, steps, broken) => {
  expect(brokenAt(steps)).toEqual(broken);
});

test('what another operator reads is no reading of its own', () => {
  const steps = READ_ALL.flatMap((step) => [step, 'get:leases:lease']);
  expect(brokenAt([...steps, WRITE_SIGNER, WRITE_SIGNER], ['operator-1', 'operator-2'])).toEqual([
    7,
  ]);
});
