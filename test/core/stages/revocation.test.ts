import { describe, expect, test } from 'vitest';
import { FINALIZER } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { admit } from '../../../src/core/guard/guard.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { nextGeneration, withRevoked } from '../../../src/core/ledger/lifecycle.ts';
import {
  EC_KIND,
  FAST_SPEC,
  FAST_TERMS,
  kindOfAlgorithm,
} from '../../support/core-world/fixtures.ts';
import {
  ledgerOf,
  plannedStep,
  signerWrite,
  sourceOf,
  stepOf,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const CALM: Spec = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 } };
const AT_ONCE = { onRevokeWithoutStandby: 'SignImmediately' } as const;

function revoke({ hands }: World, ...kids: readonly string[]): void {
  hands.revoke(...kids);
}

/** The next write alone, which is the revocation's. */
function firstWrite(world: World): World['written'][number] {
  world.runPass();
  const written = world.written.at(-1);
  if (written === undefined) throw new Error('nothing was written');
  return written;
}

/** 20 s after its creation: k1 signs, k2 is proven. */
function withStandby(spec: Partial<Spec> = {}): World {
  const world = worldWith({ ...CALM, ...spec });
  world.runFor(20_000);
  return world;
}

function withoutStandby(spec: Partial<Spec> = {}): World {
  return withStandby({ rotation: { ...CALM.rotation, standby: false }, ...spec });
}

/** k1 signed before k2, k3 is not proven yet. */
function justSwitched(spec: Partial<Spec> = {}): World {
  const world = withStandby(spec);
  world.hands.annotate('signingkeys.dev/rotate', '1');
  world.runFor(3_000);
  return world;
}

// A policy may refuse the finalizer permanently: a revocation after it would wait for ever.
test('a revocation does not wait for the finalizer', () => {
  const world = withStandby();
  world.hands.editSpec((spec) => ({ ...spec, deletionPolicy: 'Delete' }));
  revoke(world, 'k1');
  const kinds: string[] = [];
  while (world.servedKids?.includes('k1') !== false) {
    const { kind } = firstWrite(world).step.write;
    expect(kind).not.toBe('WriteFinalizer');
    kinds.push(kind);
  }
  // The JWKS without the key has the ledger's copy: nothing goes before it, not even the status.
  expect(kinds).toEqual(['WriteSigner', 'WriteJwks']);
  world.settle();
  expect(world.api.set?.finalizers).toEqual([FINALIZER]);
});

describe('who signs in place of a revoked key, in the write that bars it', () => {
  test.each<[string, () => World, string, string | null]>([
    ['a proven standby', withStandby, 'k1', 'k2'],
    ['nobody, if there is no other key', withoutStandby, 'k1', null],
    ['nobody, if the standby is not proven', () => fresh(), 'k1', null],
    ['the unproven standby, if the user prefers that', () => fresh(AT_ONCE), 'k1', 'k2'],
    ['nobody, if no other key is published yet', () => withoutStandby(AT_ONCE), 'k1', null],
    ['the key before it, if the standby is not proven', justSwitched, 'k2', 'k1'],
    ['the key before it rather than an unproven one', () => justSwitched(AT_ONCE), 'k2', 'k1'],
    ['the active key itself, if another one is revoked', justSwitched, 'k1', 'k2'],
    ['the active key itself, if the standby is revoked', withStandby, 'k2', 'k1'],
  ])('%s', (_, make, kid, signs) => {
    const world = make();
    revoke(world, kid);
    const { step, ledger, signerKid } = firstWrite(world);
    expect(step.reason.code).toBe('Revoke');
    expect(step.guarded).toBe(true);
    expect(signerKid).toBe(signs);
    expect(ledger?.keys.find((key) => key.kid === kid)?.bar?.reason).toBe('Revoked');
    expect(ledger?.closed).toBe(signs === null);
  });

  function fresh(spec: Partial<Spec> = {}): World {
    const world = worldWith({ ...CALM, ...spec });
    world.runFor(3_000);
    return world;
  }

  test('never one that is revoked at the same time', () => {
    const world = withStandby();
    revoke(world, 'k1', 'k2');
    expect(firstWrite(world)).toMatchObject({ signerKid: null });
  });

  test('none whose private key is gone, or which someone removed from the JWKS', () => {
    for (const harm of [
      (world: World) => world.hands.deleteKeySecret(2),
      (world: World) => world.hands.editJwksKeys((keys) => keys.slice(0, 1)),
    ]) {
      const world = withStandby();
      harm(world);
      revoke(world, 'k1');
      expect(firstWrite(world).signerKid).toBeNull();
    }
  });

  test('in a change of algorithm the spare of the old kind, until the new one is proven', () => {
    const world = withStandby();
    world.hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('EdDSA') }));
    world.runFor(2_000);
    revoke(world, 'k1');
    expect(firstWrite(world).signerKid).toBe('k2');
    world.runFor(20_000);
    expect(world.signerKid).toBe('k3');
  });

  test('while the clocks are in doubt no gate counts as open', () => {
    const world = withStandby();
    world.skewMs = 3_600_000;
    revoke(world, 'k1');
    expect(firstWrite(world).signerKid).toBeNull();
    const willing = withStandby(AT_ONCE);
    willing.skewMs = 3_600_000;
    revoke(willing, 'k1');
    expect(firstWrite(willing).signerKid).toBe('k2');
  });
});

test('a key that someone put into the signer is remembered although the revocation replaces it', () => {
  const world = justSwitched();
  world.runFor(6_000);
  const [k1] = ledgerOf(world).keys;
  if (k1 === undefined) throw new Error('k1 lives');
  const stoppedMs = k1.supersededSeenMs;
  const content = { kind: 'Key', kid: 'k1', publicJwk: k1.publicJwk, keyKind: EC_KIND } as const;
  world.hands.editSigner((signer) => ({ ...signer, content }));
  revoke(world, 'k2');
  world.runFor(1_000);
  const after = ledgerOf(world).keys.find(({ kid }) => kid === 'k1');
  expect(after?.supersededSeenMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(stoppedMs ?? 0);
});

test('the set is closed until a key signs, and each pass reads the policy again', () => {
  const world = withoutStandby();
  revoke(world, 'k1');
  world.runFor(1_000);
  expect(ledgerOf(world).closed).toBe(true);
  expect(world.signerKid).toBeNull();
  world.hands.editSpec((spec) => ({ ...spec, ...AT_ONCE }));
  world.settle();
  expect(world.signerKid).toBe('k2');
  expect(ledgerOf(world).closed).toBe(false);
});

test('if a key was lost and not revoked, the set is not closed: its standby waits', () => {
  const world = worldWith({ ...CALM, ...AT_ONCE });
  world.runFor(3_000);
  world.hands.deleteSigner();
  world.hands.deleteKeySecret(1);
  world.settle();
  expect(ledgerOf(world).closed).toBe(false);
  expect(world.signerKid).toBeNull();
});

test('trust in a removed key ends when the status says so, or with a restart', () => {
  const bounded = withStandby();
  revoke(bounded, 'k1');
  bounded.runFor(5_000);
  const [retired] = bounded.api.set?.status?.keys ?? [];
  // P 2 s, C 5 s as D, S 1 s after the removal at 09:00:20.
  expect(retired).toMatchObject({ state: 'Retired', distrustedByTime: '2026-12-01T09:00:28Z' });
  const endless = withStandby({
    terms: { ...FAST_TERMS, verifierTrustMs: null },
    restartToForget: ['gateway'],
  });
  revoke(endless, 'k1');
  endless.runFor(5_000);
  const key = endless.api.set?.status?.keys?.[0];
  expect(key).toMatchObject({ state: 'Retired', restartRequired: ['gateway'] });
  expect(key).not.toHaveProperty('distrustedByTime');
  const applied = endless.api.set?.status?.conditions?.find(
    ({ type }) => type === 'RevocationsApplied',
  );
  expect(applied).toMatchObject({ status: 'True', reason: 'Applied' });
  expect(applied?.message).toContain('gateway');
});

test('a term that is raised moves the announced end of trust, unless that has passed', () => {
  const distrusted = (world: World) => world.api.set?.status?.keys?.[0]?.distrustedByTime;
  const raise = (world: World) =>
    world.hands.editSpec((spec) => ({
      ...spec,
      terms: { ...spec.terms, verifierCacheTtlMs: 12_000, verifierTrustMs: 12_000 },
    }));
  const running = withStandby();
  revoke(running, 'k1');
  running.runFor(5_000);
  raise(running);
  running.runFor(1_000);
  // A verifier that fetched just before the removal at 09:00:20 may now keep that copy for 12 s.
  expect(distrusted(running)).toBe('2026-12-01T09:00:35Z');
  const over = withStandby();
  revoke(over, 'k1');
  over.runFor(9_000);
  raise(over);
  over.runFor(1_000);
  expect(distrusted(over)).toBe('2026-12-01T09:00:28Z');
});

// The ledger's copy is written before anything new is noted, so that the status may be written once before.
test('a status never announces an end of trust that the spec has moved already', () => {
  const world = withStandby();
  revoke(world, 'k1');
  world.runFor(5_000);
  world.hands.wipeStatus();
  world.hands.editSpec((spec) => ({
    ...spec,
    terms: { ...spec.terms, verifierCacheTtlMs: 12_000, verifierTrustMs: 12_000 },
  }));
  expect(firstWrite(world).step.write.kind).toBe('WriteStatus');
  expect(world.api.set?.status?.keys?.[0]?.distrustedByTime).toBe('2026-12-01T09:00:35Z');
});

test('a revoked key that someone puts back is trusted for as long as the present terms allow', () => {
  const world = withStandby();
  const before = world.api.jwks;
  revoke(world, 'k1');
  world.runFor(20_000);
  world.hands.editSpec((spec) => ({
    ...spec,
    terms: { ...spec.terms, verifierCacheTtlMs: 12_000, verifierTrustMs: 12_000 },
  }));
  world.runFor(5_000);
  if (before === null) throw new Error('there was a JWKS');
  world.hands.restoreJwks(before);
  world.settle();
  // It is put back and removed at 09:00:45: P 2 s, C 12 s, S 1 s.
  expect(world.api.set?.status?.keys?.[0]?.distrustedByTime).toBe('2026-12-01T09:01:00Z');
});

describe('the guard', () => {
  const barred = (world: World): Ledger => {
    const generation = nextGeneration(ledgerOf(world));
    return withRevoked({ ...ledgerOf(world), generation }, generation, (kid) => kid === 'k1');
  };

  function verdict(world: World, ledger: Ledger, ordinal: number | null): string | null {
    const source = ordinal === null ? ({ from: 'nothing' } as const) : sourceOf(world, ordinal);
    const live = world.observe();
    const step = stepOf(world, signerWrite(world, ledger, source));
    const refusal = admit(step, live, live.reading.startedMs);
    return refusal === null ? null : [refusal.code, ...refusal.invariants].join(' ');
  }

  test('lets a write remove a key that the spec revokes, and no other', () => {
    const revoked = withStandby();
    revoke(revoked, 'k1');
    expect(verdict(revoked, barred(revoked), null)).toBeNull();
    const honest = withStandby();
    expect(verdict(honest, barred(honest), null)).toContain('I3');
  });

  test('lets an unproven key sign only if a revocation calls it and the user prefers that', () => {
    const signing = (world: World): Ledger => {
      const ledger = barred(world);
      const keys = ledger.keys.map((key) =>
        key.kid === 'k2' ? ({ ...key, state: 'Active', mayHaveSigned: true } as const) : key,
      );
      return { ...ledger, keys };
    };
    const unproven = (spec: Partial<Spec>): World => {
      const world = worldWith({ ...CALM, ...spec });
      world.runFor(3_000);
      return world;
    };
    const asked = unproven(AT_ONCE);
    revoke(asked, 'k1');
    expect(verdict(asked, signing(asked), 2)).toBeNull();
    const notAsked = unproven({});
    revoke(notAsked, 'k1');
    expect(verdict(notAsked, signing(notAsked), 2)).toContain('I2');
    const notRevoked = unproven(AT_ONCE);
    expect(verdict(notRevoked, signing(notRevoked), 2)).toContain('I2');
  });

  test('while the clocks are in doubt admits a revocation, and no switch through a gate', () => {
    const world = withStandby();
    revoke(world, 'k1');
    world.skewMs = 3_600_000;
    expect(verdict(world, barred(world), null)).toBeNull();
    const switched = barred(world).keys.map((key) =>
      key.kid === 'k2' ? ({ ...key, state: 'Active', mayHaveSigned: true } as const) : key,
    );
    expect(verdict(world, { ...barred(world), keys: switched }, 2)).toBe('ClocksDisagree');
  });
});

test('nothing is planned twice: a revocation that is carried out asks for nothing more', () => {
  const world = withStandby();
  revoke(world, 'k1');
  world.runFor(60_000);
  const before = world.written.length;
  for (let pass = 0; pass < 5; pass += 1) world.runPass();
  expect(world.written).toHaveLength(before);
  expect(() => plannedStep(world)).toThrow('no step');
});
