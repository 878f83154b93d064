/** What goes on while steps back off, one and several, in a whole plan. */
import { describe, expect, test } from 'vitest';
import { REQUEST } from '../../src/core/formats/names.ts';
import { plan } from '../../src/core/plan.ts';
import type { Contest } from '../../src/core/reading/contest.ts';
import type { Plan } from '../../src/core/reading/model.ts';
import { FAST_SPEC } from '../support/core-world/fixtures.ts';
import { rotatedWorld } from '../support/core-world/states.ts';
import { type World, worldWith } from '../support/core-world/world.ts';

/** Plans, and lets each step whose name matches back off. */
function planWithout(world: World, held: RegExp): Plan {
  const seen = world.observe();
  const contests: Contest[] = [];
  for (;;) {
    const decision = plan({ ...seen, contests }, seen.reading.startedMs);
    const { step } = decision;
    if (step === null || !held.test(step.effort.name)) return decision;
    contests.push({ ...step.effort, isPaused: true, isReported: true });
  }
}

function next(world: World, held: RegExp): string {
  return planWithout(world, held).step?.effort.name ?? 'nothing';
}

/** #2 signs, and #3 may take over as soon as somebody asks. */
function readyWorld(): World {
  const world = rotatedWorld();
  world.runFor(15_000);
  return world;
}

const LABELS = /^RepairMetadata/;

function loseLabels({ hands, api }: World): void {
  hands.editSigner((signer) => ({ ...signer, meta: { ...signer.meta, labels: {} } }));
  hands.editJwksMeta((meta) => ({ ...meta, labels: {} }));
  for (const ordinal of [2, 3]) {
    const secret = hands.keySecret(ordinal);
    api.putKeySecret({ ...secret, meta: { ...secret.meta, labels: {} } });
  }
}

function swapSigner({ hands }: World, ordinal: number): void {
  const { content } = hands.keySecret(ordinal);
  if (content.kind !== 'Key') throw new Error(`Secret #${ordinal} holds no key`);
  const { kid, publicJwk, keyKind } = content;
  hands.editSigner((signer) => ({ ...signer, content: { kind: 'Key', kid, publicJwk, keyKind } }));
}

describe('labels come last', () => {
  test('a rotation that is due comes before them', () => {
    const world = readyWorld();
    loseLabels(world);
    world.hands.annotate(REQUEST.rotate, 'now');
    expect(next(world, /^$/)).toBe('Activate Secret payments-signer');
  });

  test('those of every object back off, one by one, and then the status is written', () => {
    const world = readyWorld();
    loseLabels(world);
    const { step, held, isWhole } = planWithout(world, LABELS);
    expect(step?.write.kind).toBe('WriteStatus');
    expect(held.map(({ object }) => object)).toEqual([
      'ConfigMap payments-jwks',
      'Secret payments-signer',
      'Secret payments-key-2',
      'Secret payments-key-3',
    ]);
    expect(isWhole).toBe(true);
  });
});

describe('while the repair of the JWKS backs off', () => {
  const JWKS = /^WriteJwks/;

  test('a revocation is carried out', () => {
    const world = readyWorld();
    world.hands.editJwksFile('serve.json', '{}');
    world.settle();
    world.hands.editJwksFile('serve.json', '{}');
    world.runPass();
    world.runPass();
    expect(next(world, /^$/)).toMatch(JWKS);
    world.hands.revoke(world.signerKid ?? '');
    expect(next(world, JWKS)).toBe('Revoke Secret payments-signer');
  });

  test('the signer gets its key back only if the JWKS shows it', () => {
    const world = readyWorld();
    const active = world.signerKid;
    world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== active));
    world.settle();
    world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== active));
    swapSigner(world, 3);
    world.runPass();
    world.runPass();
    const { step, held } = planWithout(world, JWKS);
    expect(held.map(({ name }) => name)).toEqual(['WriteJwks ConfigMap payments-jwks']);
    expect(step?.reason.code).not.toBe('SignerRepaired');
  });
});

test('while the signer holds another key, and its repair backs off, no key switches or leaves', () => {
  const world = readyWorld();
  swapSigner(world, 3);
  world.hands.annotate(REQUEST.rotate, 'now');
  const { step, held, isWhole } = planWithout(world, /^SignerRepaired/);
  expect(held.map(({ name }) => name)).toEqual(['SignerRepaired Secret payments-signer']);
  expect(step?.write.kind).toBe('WriteStatus');
  expect(isWhole).toBe(false);
});

test('while a note of the ledger backs off, nothing but the status is written', () => {
  const world = readyWorld();
  world.hands.editJwksFile('jwks.json', 'nonsense');
  const { step, held } = planWithout(world, /^NoteObservations/);
  expect(held).toHaveLength(1);
  expect(step?.write.kind ?? 'WriteStatus').toBe('WriteStatus');
});

test('if someone keeps taking the copy out of the status, the JWKS gets it', () => {
  const world = readyWorld();
  world.hands.annotate(REQUEST.rotate, 'now');
  while (world.ledger?.handled.rotate !== 'now') world.runPass();
  expect(next(world, /^$/)).toMatch(/^WriteStatus/);
  expect(next(world, /^WriteStatus/)).toBe('WriteJwks ConfigMap payments-jwks');
});

test('a finalizer that someone takes off holds up no rotation', () => {
  const world = readyWorld();
  world.hands.editSpec((spec) => ({ ...spec, deletionPolicy: 'Delete' }));
  world.hands.annotate(REQUEST.rotate, 'now');
  expect(next(world, /^Finalizer/)).toBe('Activate Secret payments-signer');
});

test('a finalizer that someone takes off holds up no first key', () => {
  const world = worldWith({ ...FAST_SPEC, deletionPolicy: 'Delete' });
  expect(next(world, /^$/)).toBe('Finalizer SigningKeySet payments');
  expect(next(world, /^Finalizer/)).toBe('CreateKey Secret');
});
