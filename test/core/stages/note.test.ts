import { expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Step } from '../../../src/core/reading/model.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { noteShown } from '../../../src/core/stages/note.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import {
  ledgerOf,
  rotatedWorld,
  signerWrite,
  situation,
  withKey,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function noted(world: World): Step | null {
  const now = situation(world);
  return noteShown(now, scheduleOf(now, ledgerOf(world)));
}

/** The ledger bars a key for a revocation, and the JWKS still shows it. */
function revoke(world: World, ...kids: readonly string[]): void {
  for (const kid of kids) {
    const bar = { generation: 9, reason: 'Revoked' as const, removedSeenMs: null };
    const ledger = withKey(ledgerOf(world), kid, { bar, state: 'Retiring' });
    world.api.write(signerWrite(world, ledger));
  }
}

const addFile = ({ hands }: World) => hands.editJwksFile('serve.json', '{}');

// #1 is retiring, #2 signs, #3 is pending.
test.each<[string, (world: World) => void, boolean]>([
  ['nothing is new', () => undefined, false],
  ['someone changed the JWKS', addFile, true],
  ['a term is raised', raiseTokenTtl, true],
  [
    'a term is raised, and the JWKS still shows a revoked key, which must go first',
    (world) => {
      revoke(world, 'k1');
      raiseTokenTtl(world);
    },
    false,
  ],
  [
    'someone changed the JWKS, and it still shows a revoked key: to write it would hide that',
    (world) => {
      revoke(world, 'k1');
      addFile(world);
    },
    true,
  ],
  [
    'a term is raised, and all keys of the JWKS are revoked, so that it must stay',
    (world) => {
      revoke(world, 'k1', 'k2', 'k3');
      raiseTokenTtl(world);
    },
    true,
  ],
])('what a live read shows is noted if %s', (_, disturb, isNoted) => {
  const world = rotatedWorld();
  disturb(world);
  const step = noted(world);
  expect(step?.reason.code ?? null).toBe(isNoted ? 'NoteObservations' : null);
});

function raiseTokenTtl({ hands }: World): void {
  hands.editSpec((spec) => ({ ...spec, terms: { ...spec.terms, tokenTtlMs: 9_000 } }));
}

test('the note is one write of the ledger alone, of the next generation, and not judged twice', () => {
  const world = worldWith(FAST_SPEC);
  while (world.ledger === null || noted(world) === null) world.runPass();
  const before = ledgerOf(world);
  const step = noted(world);
  expect(step?.guarded).toBe(false);
  if (step?.write.kind !== 'WriteSigner') throw new Error('the ledger is written');
  const { ledger, source, metadata } = step.write;
  expect(source).toEqual({ from: 'unchanged' });
  expect(ledger.generation).toBe(before.generation + 1);
  expect(metadata.annotations[ANNOTATION.ledger]).toBeTruthy();
  // The signer Secret is seen for the first time.
  expect(before.keys[0]?.signerSeenMs).toBeNull();
  expect(ledger.keys[0]?.signerSeenMs).toBe(world.nowMs);
});
