import { describe, expect, test } from 'vitest';
import { ANNOTATION, ORDINAL_TAKEN_MAX, REQUEST } from '../../../src/core/formats/names.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { conditionOf, ledgerOf, stepsUntilRest } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const WITHOUT_STANDBY = {
  ...FAST_SPEC,
  rotation: { ...FAST_SPEC.rotation, intervalMs: 600 * SECOND, standby: false },
};
const FIRST_KEY = ['CreateKey', 'PublishFirstKey', 'ActivateFirstKey'];

/** After this number of writes of the first key: its Secret, its JWKS, its ledger. */
function worldAfter(writes: number): World {
  const world = worldWith(WITHOUT_STANDBY);
  for (let made = 0; made < writes; made += 1) world.runPass();
  return world;
}

function labelsOf({ hands }: World) {
  const { labels, annotations } = hands.keySecret(1).meta;
  return { labels, annotations };
}

describe('the first key signs without a wait, and continues from wherever it was', () => {
  test.each<[string, number, (world: World) => void, readonly string[]]>([
    ['from nothing', 0, () => undefined, FIRST_KEY],
    ['once its Secret is there', 1, () => undefined, FIRST_KEY.slice(1)],
    ['once its JWKS is there', 2, () => undefined, FIRST_KEY.slice(2)],
    ['its Secret is deleted before it is published', 1, deleteSecret, FIRST_KEY],
    [
      'its JWKS is deleted before it signs',
      2,
      ({ hands }) => hands.deleteJwks(),
      FIRST_KEY.slice(1),
    ],
    [
      'its JWKS is edited before it signs',
      2,
      ({ hands }) => hands.editJwksFile('serve.json', '{}'),
      FIRST_KEY.slice(1),
    ],
  ])('%s', (_, writes, disturb, expected) => {
    const world = worldAfter(writes);
    disturb(world);
    const codes = stepsUntilRest(world);
    expect(codes.slice(0, expected.length)).toEqual(expected);
    expect(world.signerKid).toBe(world.servedKids?.[0]);
    expect(ledgerOf(world).keys).toMatchObject([{ ordinal: 1, state: 'Active' }]);
  });

  function deleteSecret({ hands }: World): void {
    hands.deleteKeySecret(1);
  }
});

/** A key Secret that the same set left behind in an earlier life, under another UID. */
function plantEarlier(world: World, ordinal: number, kid: string): void {
  const owner = JSON.stringify({ namespace: 'auth', name: 'payments', uid: 'uid-of-before' });
  const annotations = { [ANNOTATION.owner]: owner, [ANNOTATION.ordinal]: String(ordinal) };
  world.hands.plantKeySecret(ordinal, kid, { labels: {}, annotations });
}

function breakEarlier(world: World, ordinal: number): void {
  const secret = world.hands.keySecret(ordinal);
  world.api.putKeySecret({ ...secret, content: { kind: 'Broken', problem: 'no PEM' } });
}

describe('a key Secret of an earlier set never becomes the first key, and is destroyed', () => {
  test.each<[string, number, number, (world: World) => void]>([
    ['with the first ordinal', 0, 2, (world) => plantEarlier(world, 1, 'k9')],
    ['with the next ordinal', 0, 1, (world) => plantEarlier(world, 2, 'k9')],
    ['with a far ordinal', 0, 1, (world) => plantEarlier(world, 7, 'k9')],
    ['once the first key’s Secret is there', 1, 1, (world) => plantEarlier(world, 2, 'k9')],
    ['once the first key’s JWKS is there', 2, 1, (world) => plantEarlier(world, 2, 'k9')],
    [
      'several of them, once the first key’s Secret is there',
      1,
      1,
      (world) => {
        plantEarlier(world, 2, 'k8');
        plantEarlier(world, 3, 'k9');
      },
    ],
    [
      'without a usable key',
      0,
      2,
      (world) => {
        plantEarlier(world, 1, 'k9');
        breakEarlier(world, 1);
      },
    ],
  ])('%s', (_, writes, ordinal, plant) => {
    const world = worldAfter(writes);
    plant(world);
    expect(stepsUntilRest(world).slice(0, 3 - writes)).toEqual(FIRST_KEY.slice(writes));
    expect(ledgerOf(world).keys).toMatchObject([{ ordinal, state: 'Active' }]);
    expect(world.servedKids).toEqual([world.signerKid]);
    expect([...world.api.keySecrets.keys()]).toEqual([`payments-key-${ordinal}`]);
    expect(world.refused).toEqual([]);
  });
});

describe('of an earlier set that was to retain its objects', () => {
  test.each<[string, number, string]>([
    // Nobody can hold a JWKS with its key.
    ['the first key’s Secret alone gives way to a new first key', 1, 'k2'],
    // No ledger was ever beside that JWKS, so the key never signed.
    ['the first key that its JWKS shows goes on', 2, 'k1'],
  ])('%s', (_, writes, kid) => {
    const world = worldAfter(writes);
    world.hands.deleteSet();
    world.hands.createSet(WITHOUT_STANDBY);
    world.settle();
    expect(world.servedKids).toEqual([kid]);
    world.runFor(20 * SECOND);
    expect(world.signerKid).toBe(kid);
    expect([...world.api.keySecrets.keys()]).toEqual([`payments-key-${kid.slice(1)}`]);
    expect(world.violations()).toEqual([]);
    expect(world.refused).toEqual([]);
  });

  test('several key Secrets are taken over, and none of them signs without a wait', () => {
    const world = worldWith(WITHOUT_STANDBY);
    plantEarlier(world, 3, 'k8');
    plantEarlier(world, 4, 'k9');
    expect(stepsUntilRest(world)[0]).toBe('RecoverLedger');
    expect(world.servedKids).toEqual(['k8', 'k9']);
    expect(world.signerKid).toBeNull();
    world.runFor(60 * SECOND);
    expect(world.signerKid).toBe('k8');
    expect(world.refused).toEqual([]);
  });
});

describe('a lone Secret with an ordinal that no operator gives', () => {
  test.each([
    ['and a key', false],
    ['and no key', true],
  ])('%s holds up nothing, and is destroyed', (_, isBroken) => {
    const world = worldAfter(1);
    const { labels, annotations } = labelsOf(world);
    world.hands.deleteKeySecret(1);
    world.hands.plantKeySecret(ORDINAL_TAKEN_MAX + 1, 'k9', { labels, annotations });
    if (isBroken) breakEarlier(world, ORDINAL_TAKEN_MAX + 1);
    expect(stepsUntilRest(world).slice(0, 3)).toEqual(FIRST_KEY);
    expect([...world.api.keySecrets.keys()]).toEqual(['payments-key-1']);
  });
});

describe('it does not count as a first key', () => {
  test('if a second key Secret is there', () => {
    const world = worldAfter(1);
    world.hands.plantKeySecret(2, 'k9', labelsOf(world));
    const codes = stepsUntilRest(world);
    expect(codes).not.toContain('ActivateFirstKey');
    expect(codes).toContain('RecoverLedger');
  });

  test('if the JWKS has shown another key', () => {
    const world = worldAfter(2);
    world.hands.editJwksKeys((keys) => [...keys, fixtureJwk('k9', EC_KIND)]);
    const codes = stepsUntilRest(world);
    expect(codes).not.toContain('ActivateFirstKey');
  });
});

test('while the clocks are in doubt it is published, and does not sign', () => {
  const world = worldWith(WITHOUT_STANDBY);
  world.hasDate = false;
  expect(stepsUntilRest(world)).toEqual(FIRST_KEY.slice(0, 2));
  expect(world.signerKid).toBeNull();
  expect(world.refused).toEqual([]);
  world.hasDate = true;
  world.settle();
  expect(world.signerKid).toBe('k1');
});

test('one that is revoked before it signed enters the ledger as revoked, and nobody signs', () => {
  const world = worldAfter(2);
  world.hands.revoke('k1');
  expect(stepsUntilRest(world)[0]).toBe('RevokeFirstKey');
  expect(world.signerKid).toBeNull();
  expect(conditionOf(world, 'Ready')?.verdict).toBe('False NoSigningKey');
  expect(ledgerOf(world).tombstones).toMatchObject([{ kid: 'k1', reason: 'Revoked' }]);
  expect(world.servedKids).toEqual(['k2']);
});

test.each([
  ['FailClosed', null],
  ['SignImmediately', 'k2'],
] as const)('its successor signs at once under SignImmediately alone: %s', (policy, signer) => {
  const world = worldAfter(2);
  world.hands.editSpec((spec) => ({ ...spec, onRevokeWithoutStandby: policy }));
  world.hands.revoke('k1');
  world.settle();
  expect(world.signerKid).toBe(signer);
});

test('requests that are there when a set is first seen count as handled', () => {
  const world = worldWith(WITHOUT_STANDBY);
  world.hands.annotate(REQUEST.rotate, 'copied');
  world.settle();
  expect(ledgerOf(world).handled).toEqual({ rotate: 'copied', rollback: null });
  world.runFor(20 * SECOND);
  expect(world.signerKid).toBe('k1');
});

test('its JWKS carries no ledger, and the generation 0, until it signs', () => {
  const world = worldAfter(2);
  const { [ANNOTATION.ledger]: copy, [ANNOTATION.generation]: stamp } =
    world.api.jwks?.meta.annotations ?? {};
  expect({ copy, stamp }).toEqual({ copy: undefined, stamp: '0' });
});
