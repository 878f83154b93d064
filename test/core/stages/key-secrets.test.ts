import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { ObservedKeySecret } from '../../../src/core/reading/model.ts';
import { holderOf } from '../../../src/core/stages/key-secrets.ts';
import { HELD } from '../../support/core-world/api.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import {
  ledgerOf,
  rotatedWorld,
  situation,
  stepsUntilRest,
} from '../../support/core-world/states.ts';
import type { World } from '../../support/core-world/world.ts';

/** A key Secret again under another ordinal, with all its labels and annotations. */
function copy(world: World, from: number, to: number): void {
  const secret = world.hands.keySecret(from);
  const meta = world.api.newMeta(`payments-key-${to}`, {
    labels: secret.meta.labels,
    annotations: secret.meta.annotations,
  });
  world.api.putKeySecret({ ...secret, meta, ordinal: to });
}

function change(world: World, ordinal: number, content: ObservedKeySecret['content']): void {
  world.api.putKeySecret({ ...world.hands.keySecret(ordinal), content });
}

/** A new key, as an operator makes it. */
function plant(world: World, ordinal: number, kid = `k${ordinal}`): void {
  const { labels, annotations } = world.hands.keySecret(2).meta;
  world.hands.plantKeySecret(ordinal, kid, { labels, annotations });
}

function plantForeign(world: World, ordinal: number): void {
  const annotations = { [ANNOTATION.owner]: '{"namespace":"a","name":"b","uid":"c"}' };
  world.hands.plantKeySecret(ordinal, 'stranger', { labels: {}, annotations });
}

const BROKEN = { kind: 'Broken', problem: 'it is empty' } as const;

/** #1 is retiring, #2 signs, #3 is pending; the next ordinal is 4. Once #1 has ended, #4 is pending. */
describe('whose a key Secret is', () => {
  test.each<[string, number, (world: World) => void, string]>([
    ['that of a living key', 3, () => undefined, 'Living'],
    ['one that a crash left: a new key’s', 4, (world) => plant(world, 4), 'Orphan'],
    [
      'a new key’s, after names that others have',
      6,
      (world) => {
        plantForeign(world, 4);
        plantForeign(world, 5);
        plant(world, 6);
      },
      'Orphan',
    ],
    [
      'a new key’s, after another new one',
      5,
      (world) => {
        plant(world, 4);
        plant(world, 5);
      },
      'Orphan',
    ],
    [
      'a new key, past a name that is free',
      5,
      (world) => plant(world, 5),
      'has an ordinal that this set never gave',
    ],
    ['a copy under the next ordinal', 4, (world) => copy(world, 2, 4), 'holds a copy of key #2'],
    [
      'a copy far beyond',
      999_999_999,
      (world) => copy(world, 3, 999_999_999),
      'holds a copy of key #3',
    ],
    [
      'under the next ordinal, without a key',
      4,
      (world) => {
        plant(world, 4);
        change(world, 4, BROKEN);
      },
      'holds no usable key (it is empty)',
    ],
    [
      'another key under the name of a living one',
      3,
      swapped,
      'does not hold key #3, which it is named for',
    ],
    [
      'no key under the name of a living one',
      3,
      (world) => change(world, 3, BROKEN),
      'does not hold key #3, which it is named for',
    ],
    [
      'a copy under the ordinal of an ended key',
      1,
      endedThen((world) => copy(world, 2, 1)),
      'Ended',
    ],
    [
      'a new key under the ordinal of an ended one',
      1,
      endedThen((world) => plant(world, 1, 'k9')),
      'Ended',
    ],
    ['an ended key under a new ordinal', 5, endedThen((world) => plant(world, 5, 'k1')), 'Ended'],
  ])('%s', (_, ordinal, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    const holder = holderOf(situation(world), ledgerOf(world), world.hands.keySecret(ordinal));
    expect(holder.kind === 'Stray' ? holder.because : holder.kind).toBe(expected);
  });

  function swapped(world: World): void {
    const { content } = world.hands.keySecret(2);
    change(world, 3, content);
  }

  function endedThen(disturb: (world: World) => void): (world: World) => void {
    return (world) => {
      world.runFor(20 * SECOND);
      expect(ledgerOf(world).tombstones.map(({ kid }) => kid)).toEqual(['k1']);
      disturb(world);
    };
  }
});

describe('a stray is destroyed, and moves no ordinal', () => {
  test.each([1_000, 999_999_999, 999_999_999_999_999])('a copy to #%d', (ordinal) => {
    const world = rotatedWorld();
    copy(world, 2, ordinal);
    expect(stepsUntilRest(world)).toEqual(['DestroyStray']);
    expect(world.written.at(-1)?.step).toMatchObject({
      guarded: true,
      reason: {
        message: `Secret payments-key-${ordinal} holds a copy of key #2. The operator deletes it.`,
      },
      events: [{ type: 'Warning', reason: 'StrayFound' }],
    });
    world.hands.annotate(REQUEST.rotate, 'now');
    world.runFor(60 * SECOND);
    expect(ledgerOf(world).handled.rotate).toBe('now');
    expect(Math.max(...ledgerOf(world).keys.map((key) => key.ordinal))).toBeLessThan(10);
  });

  test('one of someone else stays, and is no step’s concern', () => {
    const world = rotatedWorld();
    plantForeign(world, 4);
    plantForeign(world, 999_999_999);
    expect(stepsUntilRest(world).filter((code) => code !== 'WriteStatus')).toEqual([]);
    world.hands.annotate(REQUEST.rotate, 'now');
    world.runFor(60 * SECOND);
    expect(ledgerOf(world).keys.map(({ ordinal }) => ordinal)).toContain(5);
    expect([...world.api.keySecrets.keys()]).toContain('payments-key-999999999');
  });

  test('the active key’s Secret is made again, if another key took its name', () => {
    const world = rotatedWorld();
    const { content } = world.hands.keySecret(3);
    change(world, 2, content);
    expect(stepsUntilRest(world)).toEqual(['DestroyStray', 'KeySecretRestored']);
    expect(world.hands.keySecret(2).content).toMatchObject({ kid: 'k2' });
  });

  test('a copy that a finalizer holds is not deleted again and again', () => {
    const world = rotatedWorld();
    copy(world, 2, 7);
    const secret = world.hands.keySecret(7);
    world.api.putKeySecret({ ...secret, meta: { ...secret.meta, deleting: HELD } });
    expect(stepsUntilRest(world)).toEqual([]);
  });

  test('before there is a ledger it stays, and the first key gets an ordinal of its own', () => {
    const world = rotatedWorld({ ...FAST_SPEC });
    copy(world, 2, 999_999_999_999_999);
    world.hands.deleteSigner();
    world.hands.deleteJwks();
    world.hands.wipeStatus();
    for (const ordinal of [1, 2, 3]) world.hands.deleteKeySecret(ordinal);
    world.runFor(60 * SECOND);
    expect(world.signerKid).not.toBeNull();
    expect(world.api.keySecrets.has('payments-key-999999999999999')).toBe(false);
    expect(ledgerOf(world).nextOrdinal).toBeLessThan(10);
  });

  test('without any copy of the ledger it is not taken in, however many keys lost theirs', () => {
    const world = rotatedWorld();
    copy(world, 3, 999_999_999_999_999);
    world.hands.editJwksMeta((meta) => {
      const { [ANNOTATION.ledger]: _, ...annotations } = meta.annotations;
      return { ...meta, annotations };
    });
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.hands.wipeStatus();
    for (const ordinal of [1, 3]) world.hands.deleteKeySecret(ordinal);
    world.settle();
    expect(ledgerOf(world).nextOrdinal).toBeLessThan(10);
    world.runFor(60 * SECOND);
    expect(world.api.keySecrets.has('payments-key-999999999999999')).toBe(false);
    expect(world.refused).toEqual([]);
  });
});
