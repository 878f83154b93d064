import { expect, test } from 'vitest';
import { REQUEST, REQUEST_ID_LENGTH_MAX } from '../../../src/core/formats/names.ts';
import {
  openRollbackRequest,
  openRotateRequest,
  presentRequests,
  requestId,
} from '../../../src/core/reading/requests.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const LONGEST = 'x'.repeat(REQUEST_ID_LENGTH_MAX);

const world = rotatedWorld();
const ledger = ledgerOf(world);

function setWith(annotations: Readonly<Record<string, string>>) {
  return { ...world.observe().set, annotations };
}

test.each<[string, Readonly<Record<string, string>>, string | null]>([
  ['there is none', {}, null],
  ['an id', { [REQUEST.rotate]: 'a' }, 'a'],
  ['an empty id', { [REQUEST.rotate]: '' }, ''],
  ['the longest id', { [REQUEST.rotate]: LONGEST }, LONGEST],
  ['an id that is too long for the status', { [REQUEST.rotate]: `${LONGEST}x` }, null],
  ['a request of the other kind', { [REQUEST.rollback]: 'a' }, null],
])('the id of a request: %s', (_, annotations, expected) => {
  expect(requestId(annotations, REQUEST.rotate)).toBe(expected);
});

test.each<[string, string | null, string | null, string | null]>([
  ['none was ever made', null, null, null],
  ['the first one', 'a', null, 'a'],
  ['the one that was handled', 'a', 'a', null],
  ['another one after it', 'b', 'a', 'b'],
  ['an earlier id again', 'a', 'b', 'a'],
  ['one that was handled and removed', null, 'a', null],
])('the open request, if the set and the ledger hold: %s', (_, id, handled, expected) => {
  const handledIds = { rotate: handled, rollback: handled };
  const noted = { ...ledger, handled: handledIds };
  const annotations = id === null ? {} : { [REQUEST.rotate]: id, [REQUEST.rollback]: id };
  expect(openRotateRequest(setWith(annotations), noted)).toBe(expected);
  expect(openRollbackRequest(setWith(annotations), noted)).toBe(expected);
});

test('a rotation that was handled leaves a rollback of the same id open', () => {
  const set = setWith({ [REQUEST.rotate]: 'a', [REQUEST.rollback]: 'a' });
  const noted = { ...ledger, handled: { rotate: 'a', rollback: null } };
  expect(openRotateRequest(set, noted)).toBeNull();
  expect(openRollbackRequest(set, noted)).toBe('a');
});

test('the requests in a copied manifest count as handled, each of its own kind', () => {
  expect(presentRequests({ [REQUEST.rotate]: 'a' })).toEqual({ rotate: 'a', rollback: null });
  expect(presentRequests({ [REQUEST.rollback]: 'b' })).toEqual({ rotate: null, rollback: 'b' });
});
