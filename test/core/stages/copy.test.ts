import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { readLedger } from '../../../src/core/ledger/codec.ts';
import { nextGeneration } from '../../../src/core/ledger/lifecycle.ts';
import { plan } from '../../../src/core/plan.ts';
import type { Observed, Step } from '../../../src/core/reading/model.ts';
import { statusTakesCopy } from '../../../src/core/stages/copy.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, signerWrite } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const TAKES = { lostStatus: [], isStatusFailing: false };
const LOST = { ...TAKES, lostStatus: ['ledger'] };
const REFUSED = { ...TAKES, isStatusFailing: true };

test.each([
  ['as a rule', TAKES, true],
  ['without another field', { ...TAKES, lostStatus: ['history', 'keys[].ledger'] }, true],
  ['not without the field for it', LOST, false],
  ['not if writes of it fail', REFUSED, false],
])('the status takes a copy of the ledger: %s', (_, changes, expected) => {
  expect(statusTakesCopy({ ...rotatedWorld().observe(), ...changes })).toBe(expected);
});

/** The step after a write of the ledger, of which there is no copy yet. */
function stepAfterWrite(changes: Partial<Observed>, disturb: (world: World) => void): Step {
  const world = rotatedWorld({ ...FAST_SPEC, deletionPolicy: 'Delete' });
  const ledger = ledgerOf(world);
  world.api.write(signerWrite(world, { ...ledger, generation: nextGeneration(ledger) }));
  disturb(world);
  const { step } = plan({ ...world.observe(), ...changes }, world.nowMs);
  if (step === null) throw new Error('there is a step');
  return step;
}

function write(world: World, changes: Partial<ReturnType<typeof ledgerOf>>): void {
  world.api.write(signerWrite(world, { ...ledgerOf(world), ...changes }));
}

const revokeAll = (world: World) => {
  const ledger = ledgerOf(world);
  const bar = { generation: ledger.generation, reason: 'Revoked', removedSeenMs: null } as const;
  const keys = ledger.keys.map((key) => ({ ...key, state: 'Retiring' as const, bar }));
  world.hands.revoke('k1', 'k2', 'k3');
  world.api.write(signerWrite(world, { ...ledger, keys, closed: true }, { from: 'nothing' }));
};

describe('a ledger without a copy is copied', () => {
  test.each<[string, Partial<Observed>, (world: World) => void, string]>([
    ['into the status', TAKES, () => undefined, 'WriteStatus'],
    ['beside the JWKS, if the status has no place for it', LOST, () => undefined, 'WriteJwks'],
    [
      'beside the JWKS at once, if that still shows a revoked key',
      TAKES,
      (world) => {
        const ledger = ledgerOf(world);
        const bar = { generation: 1, reason: 'Revoked', removedSeenMs: null } as const;
        world.hands.revoke('k1');
        const keys = ledger.keys.map((key) => (key.kid === 'k1' ? { ...key, bar } : key));
        write(world, { keys });
      },
      'WriteJwks',
    ],
    ['beside the JWKS, if writes of the status fail', REFUSED, () => undefined, 'WriteJwks'],
    ['with a JWKS that is made again', LOST, ({ hands }) => hands.deleteJwks(), 'JwksRestored'],
    [
      'after someone else’s edit of the JWKS is noted',
      LOST,
      ({ hands }) => hands.editJwksFile('serve.json', '{}'),
      'NoteObservations',
    ],
    ['after the next key is made, if all are revoked', LOST, revokeAll, 'CreateKey'],
    [
      'into the status alone, once the JWKS is to be deleted',
      LOST,
      (world) => {
        world.hands.deleteSet();
        write(world, { deletion: { removing: true, jwksRemovedSeenMs: null } });
      },
      'WriteStatus',
    ],
  ])('%s', (_, changes, disturb, expected) => {
    expect(stepAfterWrite(changes, disturb).reason.code).toBe(expected);
  });

  test('of its own generation', () => {
    const { write: written } = stepAfterWrite(LOST, () => undefined);
    if (written.kind !== 'WriteJwks') throw new Error(written.kind);
    const { [ANNOTATION.ledger]: copy } = written.metadata.annotations;
    expect(JSON.parse(copy ?? '')).toMatchObject({ generation: written.generation });
  });
});

test('the first JWKS gets a copy once nothing else is to be done, if no next key brings one', () => {
  const world = worldWith({
    ...FAST_SPEC,
    rotation: { ...FAST_SPEC.rotation, intervalMs: 86_400_000, standby: false },
  });
  world.settle();
  const codes = world.written.map(({ step }) => step.reason.code);
  expect(codes.filter((code) => code === 'WriteJwks')).toHaveLength(1);
  expect(codes.indexOf('WriteJwks')).toBeGreaterThan(codes.indexOf('NoteObservations'));
  const copy = readLedger(world.api.jwks?.meta.annotations[ANNOTATION.ledger] ?? '');
  expect(copy.kind === 'Ledger' && copy.ledger.terms).toEqual(ledgerOf(world).terms);
  expect(ledgerOf(world).keys).toHaveLength(1);
});

test('with a standby there is no extra write for it', () => {
  const world = worldWith(FAST_SPEC);
  world.settle();
  const written = world.written.filter(({ step }) => step.reason.code === 'WriteJwks');
  expect(written).toHaveLength(1);
  expect(world.api.jwks?.data['jwks.json']).toContain('k2');
});
