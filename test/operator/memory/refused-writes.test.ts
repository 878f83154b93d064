import { expect, test } from 'vitest';
import { RefusedWrites } from '../../../src/operator/memory/refused-writes.ts';
import { errorOfStatus } from '../../../src/platform/kube/errors.ts';

const REQUEST = {
  verb: 'replace',
  resource: 'configmaps',
  ref: { name: 'payments-jwks' },
} as const;
const DENIED = errorOfStatus(REQUEST, 403, null, null);

function refusedJwks(): RefusedWrites {
  const refused = new RefusedWrites();
  expect(refused.note('WriteJwks', DENIED, false, 0)?.reason).toBe('WriteRefused');
  return refused;
}

test('a refused step is remembered until it is taken', () => {
  const refused = refusedJwks();
  expect(refused.last).toContain('payments-jwks: forbidden');
  refused.succeeded('WriteStatus');
  refused.succeeded('WriteSigner');
  expect(refused.last).not.toBeNull();
  refused.succeeded('WriteJwks');
  expect(refused.last).toBeNull();
});

test('at rest nothing is refused', () => {
  const rested = refusedJwks();
  rested.atRest();
  expect(rested.last).toBeNull();
});

test('the status, which is to show what is refused, does not show its own refusal', () => {
  const refused = new RefusedWrites();
  expect(refused.note('WriteStatus', DENIED, false, 0)).not.toBeNull();
  expect(refused.last).toBeNull();
  expect(refused.takeStatusTurn()).toBe(false);
});

test('the status has one turn after each refusal', () => {
  const refused = refusedJwks();
  expect([refused.takeStatusTurn(), refused.takeStatusTurn()]).toEqual([true, false]);
});

const HUNG = errorOfStatus(REQUEST, 504, null, null);

test.each([
  ['a minute in a row', [0, 30_000, 60_000], [false, false, true]],
  ['a row that is broken by a pause', [0, 160_000, 200_000], [false, false, false]],
  [
    'a row that continues after a pause',
    [0, 160_000, 200_000, 220_000],
    [false, false, false, true],
  ],
])('unjudged: %s', (_, times, told) => {
  const refused = new RefusedWrites();
  const notes = times.map((atMs) => refused.note('WriteJwks', HUNG, false, atMs) !== null);
  expect(notes).toEqual(told);
});

test.each<[string, (refused: RefusedWrites) => void]>([
  ['a denial', (refused) => refused.note('WriteJwks', DENIED, false, 30_000)],
  ['a success', (refused) => refused.succeeded('WriteJwks')],
  ['another write', (refused) => refused.note('WriteSigner', HUNG, false, 30_000)],
  [
    'another failure',
    (refused) => refused.note('WriteJwks', errorOfStatus(REQUEST, 503, null, null), false, 3),
  ],
])('unjudged: a row is broken by %s', (_, between) => {
  const refused = new RefusedWrites();
  expect(refused.note('WriteJwks', HUNG, false, 0)).toBeNull();
  between(refused);
  expect(refused.note('WriteJwks', HUNG, false, 70_000)).toBeNull();
});
