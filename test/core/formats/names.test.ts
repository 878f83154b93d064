import { expect, test } from 'vitest';
import {
  ANNOTATION,
  API_GROUP,
  API_VERSION,
  FINALIZER,
  keySecretName,
  LABEL,
  MANAGER,
  ORDINAL_TAKEN_MAX,
  ordinalOfKeySecret,
  REQUEST,
  SECRET_TYPE,
  SET_KIND,
  SET_PLURAL,
  SIGNER_FILE,
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

/** Users, other programs and the oracle of the simulator rely on these: written here once more, on purpose. */
test('the names are those that the documents tell', () => {
  expect({ API_GROUP, API_VERSION, SET_KIND, SET_PLURAL, MANAGER, FINALIZER }).toEqual({
    API_GROUP: 'signingkeys.dev',
    API_VERSION: 'v1alpha1',
    SET_KIND: 'SigningKeySet',
    SET_PLURAL: 'signingkeysets',
    MANAGER: 'signing-key-operator',
    FINALIZER: 'signingkeys.dev/ordered-deletion',
  });
  expect(LABEL).toEqual({
    managedBy: 'app.kubernetes.io/managed-by',
    set: 'signingkeys.dev/set',
    setUid: 'signingkeys.dev/set-uid',
  });
  expect(ANNOTATION).toMatchObject({
    owner: 'signingkeys.dev/owner',
    ledger: 'signingkeys.dev/ledger',
    publicJwk: 'signingkeys.dev/public-jwk',
    restartedFor: 'signingkeys.dev/restarted-for',
  });
  expect(REQUEST).toEqual({
    rotate: 'signingkeys.dev/rotate',
    rollback: 'signingkeys.dev/rollback',
    adopt: 'signingkeys.dev/adopt',
    skipDeletionWait: 'signingkeys.dev/skip-deletion-wait',
  });
  expect(SECRET_TYPE).toEqual({ key: 'signingkeys.dev/key', signer: 'signingkeys.dev/signer' });
  expect(SIGNER_FILE).toEqual({
    kid: 'kid',
    alg: 'alg',
    pem: 'private.pem',
    jwk: 'private.jwk',
  });
});
