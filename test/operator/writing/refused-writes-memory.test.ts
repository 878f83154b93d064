import { expect, test } from 'vitest';
import { RefusedWrites } from '../../../src/operator/writing/refused-writes.ts';
import { errorOfStatus } from '../../../src/platform/kube/errors.ts';

const KEY = 'auth/payments';
const REQUEST = {
  verb: 'replace',
  resource: 'configmaps',
  ref: { name: 'payments-jwks' },
} as const;
const DENIED = errorOfStatus(REQUEST, 403, null, null);

function refusedJwks(): RefusedWrites {
  const refused = new RefusedWrites();
  expect(refused.note(KEY, 'WriteJwks', DENIED, false, 0)?.reason).toBe('WriteRefused');
  return refused;
}

test('a refused step is remembered until it is taken', () => {
  const refused = refusedJwks();
  expect(refused.last(KEY)).toContain('payments-jwks: forbidden');
  expect(refused.last('auth/others')).toBeNull();
  refused.succeeded(KEY, 'WriteStatus');
  refused.succeeded(KEY, 'WriteSigner');
  expect(refused.last(KEY)).not.toBeNull();
  refused.succeeded(KEY, 'WriteJwks');
  expect(refused.last(KEY)).toBeNull();
});

test('at rest nothing is refused, and of a set that is gone nothing is known', () => {
  const rested = refusedJwks();
  rested.atRest(KEY);
  expect(rested.last(KEY)).toBeNull();
  const gone = refusedJwks();
  gone.forget(KEY);
  expect([gone.last(KEY), gone.takeStatusTurn(KEY)]).toEqual([null, false]);
});

test('the status, which is to show what is refused, does not show its own refusal', () => {
  const refused = new RefusedWrites();
  expect(refused.note(KEY, 'WriteStatus', DENIED, false, 0)).not.toBeNull();
  expect(refused.last(KEY)).toBeNull();
  expect(refused.takeStatusTurn(KEY)).toBe(false);
});

test('the status has one turn after each refusal', () => {
  const refused = refusedJwks();
  expect([refused.takeStatusTurn(KEY), refused.takeStatusTurn(KEY)]).toEqual([true, false]);
});

const HUNG = errorOfStatus(REQUEST, 504, null, null);

test.each([
  ['a minute in a row', [0, 30_000, 60_000], [false, false, true]],
  ['a row that is broken by a pause', [0, 160_000, 200_000], [false, false, false]],
  ['a row that goes on after a pause', [0, 160_000, 200_000, 220_000], [false, false, false, true]],
])('unjudged: %s', (_, times, told) => {
  const refused = new RefusedWrites();
  const notes = times.map((atMs) => refused.note(KEY, 'WriteJwks', HUNG, false, atMs) !== null);
  expect(notes).toEqual(told);
});

test.each<[string, (refused: RefusedWrites) => void]>([
  ['a denial', (refused) => refused.note(KEY, 'WriteJwks', DENIED, false, 30_000)],
  ['a success', (refused) => refused.succeeded(KEY, 'WriteJwks')],
  ['another write', (refused) => refused.note(KEY, 'WriteSigner', HUNG, false, 30_000)],
  [
    'another failure',
    (refused) => refused.note(KEY, 'WriteJwks', errorOfStatus(REQUEST, 503, null, null), false, 3),
  ],
])('unjudged: a row is broken by %s', (_, between) => {
  const refused = new RefusedWrites();
  expect(refused.note(KEY, 'WriteJwks', HUNG, false, 0)).toBeNull();
  between(refused);
  expect(refused.note(KEY, 'WriteJwks', HUNG, false, 70_000)).toBeNull();
});
