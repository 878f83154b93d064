import { describe, expect, test } from 'vitest';
import { FINALIZER } from '../../../src/core/formats/names.ts';
import { heldObjects, heldText, pendingText } from '../../../src/core/reading/pending-deletions.ts';
import { HELD } from '../../support/core-world/api.ts';
import { rotatedWorld, situation } from '../../support/core-world/states.ts';

const SINCE = '2026-12-01T09:00:00Z';

test.each([
  [[], `was deleted at ${SINCE} and is going`],
  [['a/b'], `was deleted at ${SINCE}, but the finalizer a/b keeps it`],
  [['a/b', 'c/d'], `was deleted at ${SINCE}, but the finalizers a/b, c/d keep it`],
  [
    ['a/a', 'a/b', 'a/c', 'a/d', 'a/e'],
    `was deleted at ${SINCE}, but the finalizers a/a, a/b, a/c, a/d and 1 more keep it`,
  ],
])('the finalizers %j', (finalizers, text) => {
  expect(pendingText({ sinceTime: SINCE, finalizers })).toBe(text);
});

test('a text names the first four objects, and counts the rest', () => {
  const objects = [1, 2, 3, 4, 5, 6].map((ordinal) => ({ object: `Secret ${ordinal}`, ...HELD }));
  const text = heldText(objects);
  expect(text).toContain('Secret 1 was deleted');
  expect(text).toContain('Secret 4 was deleted');
  expect(text).not.toContain('Secret 5');
  expect(text).toContain('so are 2 more');
});

describe('held are', () => {
  const named = (change: (world: ReturnType<typeof rotatedWorld>) => void) => {
    const world = rotatedWorld();
    change(world);
    return heldObjects(situation(world)).map(({ object }) => object);
  };

  test('none of an ordinary set', () => {
    expect(named(() => undefined)).toEqual([]);
  });

  test('key Secrets, signer and JWKS that were deleted', () => {
    const found = named(({ api, hands }) => {
      api.held = ['DeleteKeySecret'];
      hands.deleteKeySecret(2);
      if (api.signer !== null)
        api.signer = { ...api.signer, meta: { ...api.signer.meta, deleting: HELD } };
      if (api.jwks !== null) api.jwks = { ...api.jwks, meta: { ...api.jwks.meta, deleting: HELD } };
    });
    expect(found).toEqual([
      'Secret payments-key-2',
      'Secret payments-signer',
      'ConfigMap payments-jwks',
    ]);
  });

  test.each([
    [[FINALIZER, 'other/hold'], []],
    [['other/hold'], ['SigningKeySet payments']],
  ])('the set itself, with the finalizers %j: %j', (finalizers, expected) => {
    const found = named(({ api }) => {
      if (api.set !== null) {
        api.set = { ...api.set, finalizers, deleting: true, deletedTime: SINCE };
      }
    });
    expect(found).toEqual(expected);
  });
});
