import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import type { Condition, Status } from '../../../src/core/formats/status.ts';
import { projectStatus } from '../../../src/core/report/project-status.ts';
import { readyOf } from '../../../src/core/report/ready.ts';
import { scheduleOf } from '../../../src/core/schedule/schedule.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const CALM: Spec = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 } };

/** Twelve seconds after its creation: #1 signs, #2 is proven. */
function calmWorld(changes: Partial<Spec> = {}): World {
  const world = worldWith({ ...CALM, ...changes });
  world.runFor(12 * SECOND);
  return world;
}

/** The status of this very reading, as if it were written before any other step. */
function statusNow(world: World): Status {
  const seen = situation(world);
  const { ledgerState } = seen;
  const schedule = ledgerState.kind === 'Sound' ? scheduleOf(seen, ledgerState.ledger) : null;
  return projectStatus(seen, schedule);
}

function told(world: World, type: Condition['type']): string {
  const found = statusNow(world).conditions?.find((condition) => condition.type === type);
  return found === undefined ? 'none' : `${found.status} ${found.reason}`;
}

describe('judged by the objects that were read, not by the ledger', () => {
  test.each<[string, (world: World) => void, string, string]>([
    ['nothing', () => undefined, 'True Signing', 'True NoneViolated'],
    [
      'an emptied signer',
      ({ hands }) => hands.editSigner((signer) => ({ ...signer, content: { kind: 'Empty' } })),
      'False SignerChanged',
      'False I1',
    ],
    [
      'another key in the signer',
      ({ hands }) => {
        const { content } = hands.keySecret(2);
        if (content.kind === 'Key') hands.editSigner((signer) => ({ ...signer, content }));
      },
      'False SignerChanged',
      'False I1',
    ],
    [
      'another key under the same kid in the signer',
      ({ hands }) =>
        hands.editSigner((signer) => {
          if (signer.content.kind !== 'Key') return signer;
          const publicJwk = { ...signer.content.publicJwk, x: 'other' };
          return { ...signer, content: { ...signer.content, publicJwk } };
        }),
      'False SignerChanged',
      'False I1',
    ],
    ['a JWKS that is gone', ({ hands }) => hands.deleteJwks(), 'False JwksChanged', 'False I1'],
    [
      'a JWKS without the key',
      ({ hands }) => hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k1')),
      'False JwksChanged',
      'False I1',
    ],
    [
      'a signer that is gone',
      ({ hands }) => hands.deleteSigner(),
      'False LedgerLost',
      'Unknown LedgerLost',
    ],
    [
      'a signer and a JWKS of someone else, and nothing of its own',
      (world) => {
        world.hands.wipeStatus();
        for (const ordinal of [1, 2]) world.hands.deleteKeySecret(ordinal);
        world.hands.editSigner((signer) => ({
          ...signer,
          meta: { ...signer.meta, annotations: {} },
        }));
        world.hands.editJwksMeta((meta) => ({ ...meta, labels: {}, annotations: {} }));
      },
      'False ObjectNotOwned',
      'Unknown ObjectNotOwned',
    ],
    [
      'a ledger of a newer version',
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{"version":999}'),
      'False LedgerTooNew',
      'Unknown LedgerTooNew',
    ],
    [
      'a revoked key that still signs',
      ({ hands }) => hands.revoke('k1'),
      'False SigningKeyRevoked',
      'True NoneViolated',
    ],
  ])('%s', (_, change, ready, invariants) => {
    const world = calmWorld();
    change(world);
    expect([told(world, 'Ready'), told(world, 'InvariantsHold')]).toEqual([ready, invariants]);
  });

  test('a key in the signer while none is to sign', () => {
    const world = calmWorld({ rotation: { ...CALM.rotation, standby: false } });
    const secret = world.hands.keySecret(1);
    world.hands.revoke('k1');
    world.settle();
    expect(told(world, 'InvariantsHold')).toBe('True NoneViolated');
    const { content } = secret;
    if (content.kind === 'Key') world.hands.editSigner((signer) => ({ ...signer, content }));
    expect(told(world, 'InvariantsHold')).toBe('False I1');
  });
});

describe('a key that signs before its gate', () => {
  /** Without a standby: #2 is published when #1 is revoked, and signs at once. */
  function hurriedWorld(): World {
    const world = calmWorld({
      onRevokeWithoutStandby: 'SignImmediately',
      rotation: { ...CALM.rotation, standby: false },
    });
    world.hands.revoke('k1');
    world.settle();
    expect(world.signerKid).toBe('k2');
    return world;
  }

  test('is not Ready until every verifier knows it, and the status keeps its time', () => {
    const world = hurriedWorld();
    // P 2s after it was seen at 12 s, servers show it; C 5s and S 1s later, verifiers know it.
    expect(told(world, 'Ready')).toBe('False PublicationPending');
    world.runUntil(world.nowMs + 2 * SECOND);
    expect(told(world, 'Ready')).toBe('False VerifiersMayRefuse');
    const status = world.api.set?.status;
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.message).toContain('verifiers may refuse its tokens until 2026-12-01T09:00:20Z');
    const key = status?.keys?.find(({ kid }) => kid === 'k2');
    expect(key?.activatableTime).toBe('2026-12-01T09:00:20Z');
    world.runUntil(world.nowMs + 5 * SECOND + 999);
    expect(told(world, 'Ready')).toBe('False VerifiersMayRefuse');
    world.runUntil(world.nowMs + SECOND);
    expect(told(world, 'Ready')).toBe('True Signing');
    const shown = world.api.set?.status?.keys?.find(({ kid }) => kid === 'k2');
    expect(shown?.activatableTime).toBeUndefined();
  });

  test('is not Ready any sooner if someone edits the JWKS meanwhile', () => {
    const world = hurriedWorld();
    world.hands.editJwksFile('serve.json', '{}');
    world.settle();
    world.runFor(7 * SECOND);
    expect(told(world, 'Ready')).toBe('False VerifiersMayRefuse');
    world.runFor(2 * SECOND);
    expect(told(world, 'Ready')).toBe('True Signing');
  });
});

test.each(['rotation', 'edit of the JWKS'])('after an ordinary %s, P is enough', (what) => {
  const world = calmWorld();
  if (what === 'rotation') {
    world.hands.annotate('signingkeys.dev/rotate', 'now');
    world.settle();
    expect(world.signerKid).toBe('k2');
  } else {
    world.hands.editJwksFile('serve.json', '{}');
    world.settle();
    expect(told(world, 'Ready')).toBe('False PublicationPending');
    world.runFor(2 * SECOND);
  }
  expect(told(world, 'Ready')).toBe('True Signing');
});

test('the first key is Ready after P: nobody can hold a JWKS without it', () => {
  const world = worldWith(CALM);
  world.settle();
  const first = situation(world);
  expect(readyOf(first, scheduleOf(first, ledgerOf(world))).reason).toBe('PublicationPending');
  world.runFor(2 * SECOND);
  expect(told(world, 'Ready')).toBe('True Signing');
});
