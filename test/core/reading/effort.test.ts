import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Effort } from '../../../src/core/reading/contest.ts';
import { effortOf } from '../../../src/core/reading/effort.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { plannedStep, rotatedWorld } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function planned(world: World): Effort {
  const { write, reason } = plannedStep(world);
  return effortOf(write, reason, world.observe());
}

function stripped(): World {
  const world = rotatedWorld();
  world.hands.editSigner((signer) => {
    const { 'signingkeys.dev/set': _, ...labels } = signer.meta.labels;
    return { ...signer, meta: { ...signer.meta, labels, managedFields: BY_HAND } };
  });
  return world;
}

const BY_HAND = [
  {
    manager: 'helm',
    operation: 'Update',
    time: '2026-12-01T09:00:00Z',
    fieldsV1: { 'f:metadata': { 'f:labels': { 'f:signingkeys.dev/set': {} } } },
  },
];

test('a repair names its object, its field and who set it last', () => {
  expect(planned(stripped())).toMatchObject({
    name: 'RepairMetadata Secret payments-signer',
    object: 'Secret payments-signer',
    urgency: 'Later',
    fields: ['metadata.labels[signingkeys.dev/set]'],
    setBy: 'helm',
  });
});

describe('a step that is undone is the same step again', () => {
  test('although the ledger has gone on', () => {
    const world = stripped();
    const before = planned(world);
    world.settle();
    world.runFor(10_000);
    world.hands.editSigner((signer) => ({
      ...signer,
      meta: { ...signer.meta, labels: stripped().api.signer?.meta.labels ?? {} },
    }));
    expect(planned(world)).toMatchObject({ name: before.name, intent: before.intent });
  });

  test('if it recovers a ledger, which has an epoch of its own each time', () => {
    const world = rotatedWorld();
    const lose = () =>
      world.hands.editSigner((signer) => {
        const { [ANNOTATION.ledger]: _, ...annotations } = signer.meta.annotations;
        return { ...signer, meta: { ...signer.meta, annotations } };
      });
    lose();
    const before = planned(world);
    world.settle();
    world.nowMs += 1000;
    lose();
    const again = planned(world);
    expect([before.name, before.intent]).toEqual([again.name, again.intent]);
    expect(before.name).toMatch(/^RecoverLedger /);
  });

  test('if it makes the next key and the last one never joined', () => {
    const world = worldWith(FAST_SPEC);
    const first = planned(world);
    expect(first.name).toBe('CreateKey Secret');
    world.runPass();
    world.hands.deleteKeySecret(1);
    expect(planned(world).intent).toBe(first.intent);
  });
});

describe('another step is none that was undone', () => {
  test('the next key, once the first one is in the ledger', () => {
    const world = worldWith(FAST_SPEC);
    const first = planned(world);
    while (planned(world).name !== 'CreateKey Secret' || world.ledger === null) world.runPass();
    expect(planned(world).intent).not.toBe(first.intent);
  });

  test('a JWKS with other keys', () => {
    const world = rotatedWorld();
    world.hands.editJwksFile('serve.json', '{}');
    while (!planned(world).name.startsWith('WriteJwks')) world.runPass();
    const before = planned(world);
    expect(before).toMatchObject({
      name: 'WriteJwks ConfigMap payments-jwks',
      fields: ['data[serve.json]'],
      urgency: 'Soon',
    });
    const revoked = world.signerKid ?? '';
    world.hands.revoke(revoked);
    while (planned(world).name !== before.name) world.runPass();
    const after = planned(world);
    expect(after.intent).not.toBe(before.intent);
    expect(after.urgency).toBe('Immediate');
  });
});
