import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../../src/core/formats/names.ts';
import { admit, type Refusal } from '../../../src/core/guard/guard.ts';
import { plan } from '../../../src/core/plan.ts';
import { basisOf } from '../../../src/core/reading/basis.ts';
import type { Step } from '../../../src/core/reading/model.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import {
  ledgerOf,
  plannedStep,
  rotatedWorld,
  signerWrite,
  sourceOf,
  stepOf,
  switched,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function judge(world: World, step: Step): Refusal['code'] | null {
  const live = world.observe();
  return admit(step, live, live.reading.startedMs)?.code ?? null;
}

/** At the instant of the next switch, which is planned but not yet made. */
function atTheSwitch(): { world: World; step: Step } {
  const world = rotatedWorld();
  world.runFor(24_000);
  world.nowMs += 1_000;
  const step = plannedStep(world);
  expect(step.reason.code).toBe('Activate');
  return { world, step };
}

describe('a switch that was planned', () => {
  test('is admitted while nothing has changed', () => {
    const { world, step } = atTheSwitch();
    expect(judge(world, step)).toBeNull();
  });

  test.each<[string, Refusal['code'] | null, (world: World) => void]>([
    ['the signer was written', 'Changed', (world) => world.hands.annotateSigner('other', 'x')],
    ['the signer is gone', 'Changed', (world) => world.hands.deleteSigner()],
    [
      'the JWKS was edited',
      'Changed',
      (world) => world.hands.editJwksKeys((keys) => keys.slice(1)),
    ],
    ['the JWKS was touched', 'Changed', (world) => world.hands.editJwksMeta((meta) => meta)],
    ['the JWKS is gone', 'Changed', (world) => world.hands.deleteJwks()],
    ['the key is gone', 'Changed', (world) => world.hands.deleteKeySecret(3)],
    [
      'a request was made or withdrawn',
      'Changed',
      (world) => world.hands.annotate(REQUEST.skipDeletionWait, 'x'),
    ],
    ['another annotation was written', null, (world) => world.hands.annotate('other', 'x')],
    ['the clocks differ', 'ClocksDisagree', (world) => Object.assign(world, { skewMs: 9_000 })],
    ['there is no Date', 'ClocksDisagree', (world) => Object.assign(world, { hasDate: false })],
    [
      'the spec can no longer be decoded',
      'Undecodable',
      ({ api }) => {
        api.set = api.set === null ? null : { ...api.set, spec: null };
      },
    ],
    ['the status was wiped', null, (world) => world.hands.wipeStatus()],
  ])('when %s: %s', (_, code, disturb) => {
    const { world, step } = atTheSwitch();
    disturb(world);
    expect(judge(world, step)).toBe(code);
  });
});

test('if a clock that is far behind calls a removal too early, the clocks are in doubt, and no invariant is broken', () => {
  const world = rotatedWorld();
  world.runFor(8_000);
  while (world.ledger?.keys[0]?.bar == null) {
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = Math.max(world.nowMs, nextAtMs);
  }
  world.runPass();
  const step = plannedStep(world);
  expect(step.write.kind).toBe('WriteJwks');
  world.skewMs = -3_600_000;
  expect(judge(world, step)).toBe('ClocksDisagree');
});

/** The instant at which the retiring key's gate opens, and its end is planned. */
function atTheRemoval(): { world: World; step: Step } {
  const world = rotatedWorld();
  world.runFor(8_000);
  for (;;) {
    const seen = world.observe();
    const { step } = plan(seen, seen.reading.startedMs);
    if (step?.write.kind === 'WriteSigner' && step.write.ledger.keys[0]?.bar != null) {
      return { world, step };
    }
    const { nextAtMs, wrote } = world.runPass();
    if (!wrote && nextAtMs !== null) world.nowMs = Math.max(world.nowMs, nextAtMs);
  }
}

describe('a gate that has just opened', () => {
  test.each<[string, Refusal['code'] | null, number]>([
    ['no clock was set', null, 0],
    ['a clock was set back within S', 'Changed', -500],
    ['it was set back by S', 'Changed', -1_000],
    ['it was set back further', 'ClocksDisagree', -9_000],
  ])('if %s: %s', (_, code, skewMs) => {
    const { world, step } = atTheRemoval();
    world.skewMs = skewMs;
    expect(judge(world, step)).toBe(code);
  });

  test('was closed a moment before: a step that was planned then breaks an invariant', () => {
    const { world, step } = atTheRemoval();
    world.nowMs -= 500;
    const basis = basisOf(world.observe());
    expect(judge(world, { ...step, basis })).toBe('InvariantViolated');
  });
});

describe('a write of the status', () => {
  test('is refused once the set has changed', () => {
    const world = rotatedWorld();
    world.hands.wipeStatus();
    const step = plannedStep(world);
    expect(step.write.kind).toBe('WriteStatus');
    expect(judge(world, step)).toBeNull();
    world.hands.annotate('other', 'x');
    expect(judge(world, step)).toBe('Changed');
  });

  test('is refused if it would show a private member', () => {
    const world = rotatedWorld();
    const { set } = world.api;
    if (set === null) throw new Error('there is a set');
    const status = { ledger: '{"kty":"EC","d":"secret"}' };
    const expects = { uid: set.ref.uid, resourceVersion: set.resourceVersion };
    const step = stepOf(world, { kind: 'WriteStatus', expects, status });
    const live = world.observe();
    const refusal = admit(step, live, live.reading.startedMs);
    expect(refusal).toMatchObject({ code: 'InvariantViolated', invariants: ['I5'] });
    expect(refusal?.message).not.toContain('secret');
  });
});

test('a key Secret is restored only from the signer that was read', () => {
  const world = rotatedWorld();
  world.hands.deleteKeySecret(2);
  const step = plannedStep(world);
  expect(step.write.kind).toBe('RestoreKeySecret');
  expect(judge(world, step)).toBeNull();
  world.hands.annotateSigner('other', 'x');
  expect(judge(world, step)).toBe('Changed');
});

test('a violation is refused with its name', () => {
  const world = rotatedWorld();
  const write = signerWrite(world, switched(ledgerOf(world), 'k3'), sourceOf(world, 3));
  const live = world.observe();
  expect(admit(stepOf(world, write), live, live.reading.startedMs)).toEqual({
    code: 'InvariantViolated',
    message: 'I2: the activation gate of k3 is not open',
    invariants: ['I2'],
  });
});

// A reading that takes long shows another operator's second key, and not yet its ledger.
test('a first key that is about to sign waits if another key has appeared', () => {
  const world = worldWith(FAST_SPEC);
  while (plannedStep(world).reason.code !== 'ActivateFirstKey') world.runPass();
  const step = plannedStep(world);
  expect(judge(world, step)).toBeNull();
  world.hands.plantKeySecret(2, 'k2', world.hands.keySecret(1).meta);
  expect(judge(world, step)).toBe('Changed');
});
