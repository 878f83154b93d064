import { expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { knownLedger } from '../../../src/core/guard/violation.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

test.each<[string, () => World, 'Newest' | null]>([
  ['a set without any key', () => worldWith(FAST_SPEC), null],
  ['a sound ledger', () => rotatedWorld(), 'Newest'],
  ['a ledger that is older than its copy', withOldSigner, 'Newest'],
  ['a lost ledger with a copy', () => withLedger(null), 'Newest'],
  ['an unreadable ledger with a copy', () => withLedger('nonsense'), 'Newest'],
  ['a lost ledger without a copy', () => withoutCopies(withLedger(null)), null],
  ['a ledger of a newer version', () => withLedger('{"version":99}'), null],
])('what a write of the ledger is compared with: %s', (_, make, expected) => {
  const newest = expected === null ? null : ledgerOf(rotatedWorld());
  expect(knownLedger(situation(make()))).toEqual(newest);
});

function withOldSigner(): World {
  const world = rotatedWorld();
  const old = world.snapshots.findLast(({ signer }) => signer?.meta !== world.api.signer?.meta);
  if (old?.signer == null) throw new Error('there was an earlier signer');
  world.hands.restoreSigner(old.signer);
  return world;
}

function withLedger(text: string | null): World {
  const world = rotatedWorld();
  world.hands.annotateSigner(ANNOTATION.ledger, text);
  return world;
}

function withoutCopies(world: World): World {
  world.hands.wipeStatus();
  world.hands.editJwksMeta((meta) => ({ ...meta, annotations: {} }));
  return world;
}
