import { describe, expect, test } from 'vitest';
import { TOMBSTONES_MAX } from '../../../src/core/ledger/bounds.ts';
import { readLedger, serializeLedger } from '../../../src/core/ledger/codec.ts';
import {
  hasEnded,
  keyByKid,
  type Ledger,
  type Tombstone,
} from '../../../src/core/ledger/ledger.ts';
import {
  activate,
  addPending,
  bar,
  bury,
  buryOrphan,
  emptySigner,
  type KeyOrigin,
  signerDisturbed,
  TOMBSTONES_KEPT,
} from '../../../src/core/ledger/lifecycle.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, FAST_TERMS, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';
import { worldWith } from '../../support/core-world/world.ts';

const rotated = ledgerOf(rotatedWorld());

function origin(ordinal: number): KeyOrigin {
  const kid = `kid-${ordinal}`;
  return { ordinal, kid, publicJwk: fixtureJwk(kid, EC_KIND), keyKind: EC_KIND, imported: false };
}

function states(ledger: Ledger): readonly string[] {
  return ledger.keys.map(({ ordinal, state }) => `#${ordinal} ${state}`);
}

test.each<[string, Ledger, readonly string[]]>([
  [
    'a new key',
    addPending(rotated, origin(4), 0),
    ['#1 Retiring', '#2 Active', '#3 Pending', '#4 Pending'],
  ],
  ['a switch', activate(rotated, 'k3', null, 0), ['#1 Retiring', '#2 Retiring', '#3 Active']],
  ['no signer', emptySigner(rotated), ['#1 Retiring', '#2 Retiring', '#3 Pending']],
  ['a bar', bar(rotated, 'k1', 'Retired'), ['#1 Retiring', '#2 Active', '#3 Pending']],
])('%s leaves the generation to the write', (_, after, expected) => {
  expect(states(after)).toEqual(expected);
  expect(after.generation).toBe(rotated.generation);
});

describe('T counts since the activation', () => {
  const largeT = { ...FAST_TERMS, tokenTtlMs: 60 * SECOND };
  const published = addPending(
    { ...rotated, terms: { declared: largeT, lowered: [] } },
    origin(4),
    0,
  );
  const lowered = { ...published, terms: { declared: FAST_TERMS, lowered: [] } };

  test('so a value that was lowered long before does not count', () => {
    const [key] = activate(lowered, 'kid-4', null, 0).keys.slice(-1);
    expect(key?.largest.tokenTtlMs).toBe(FAST_TERMS.tokenTtlMs);
    expect(key?.largest.verifierCacheTtlMs).toBe(largeT.verifierCacheTtlMs);
  });

  test('but not for a key that may have signed before', () => {
    const keys = lowered.keys.map((key) => ({ ...key, mayHaveSigned: true }));
    const [key] = activate({ ...lowered, keys }, 'kid-4', null, 0).keys.slice(-1);
    expect(key?.largest.tokenTtlMs).toBe(60 * SECOND);
  });

  test('and a value that was lowered shortly before counts in full', () => {
    const recently = {
      ...published,
      terms: { declared: FAST_TERMS, lowered: [{ terms: largeT, seenMs: 0 }] },
    };
    const [key] = activate(recently, 'kid-4', null, 61 * SECOND).keys.slice(-1);
    expect(key?.largest.tokenTtlMs).toBe(60 * SECOND);
  });
});

test('if someone else changed the signer, the switch starts again, and each key may have signed', () => {
  const note = { uid: 'u', managers: ['kubectl-edit/Update/1'] };
  const after = signerDisturbed(rotated, note, null);
  expect(after.signer).toBe(note);
  expect(after.keys.map(({ signerSeenMs }) => signerSeenMs)).toMatchObject([
    expect.anything(),
    null,
    null,
  ]);
  expect(after.keys[0]).toMatchObject({ mayHaveSigned: true, supersededSeenMs: null });
});

test('a switch handles the request; without a new request the earlier one stays handled', () => {
  const asked = activate(rotated, 'k3', 'r1', 0);
  expect(asked.handled.rotate).toBe('r1');
  expect(activate(asked, 'k1', null, 0).handled.rotate).toBe('r1');
});

describe('tombstones', () => {
  const NOW_MS = 1_000_000;
  const OVER: Partial<Tombstone> = { removedSeenMs: 1, trustMs: 1 };
  const TRUSTED: Partial<Tombstone> = { removedSeenMs: NOW_MS, trustMs: SECOND };
  const REVOKED: Partial<Tombstone> = { ...OVER, reason: 'Revoked' };
  const FOREVER: Partial<Tombstone> = { removedSeenMs: 1, trustMs: null };
  const BACK_AGAIN: Partial<Tombstone> = { removedSeenMs: null, trustMs: 1 };
  const LOST: Partial<Tombstone> = { ...TRUSTED, reason: 'SecretLost' };

  /** Ordinals from 4 on; #3 lives, and was there before all of them. */
  function stones(count: number, changes: Partial<Tombstone>): readonly Partial<Tombstone>[] {
    return Array.from({ length: count }, () => changes);
  }

  /** After one more key has ended. */
  function afterAnother(...ended: readonly Partial<Tombstone>[]): Ledger {
    const tombstones = ended.map((changes, index): Tombstone => {
      const ordinal = 4 + index;
      const kid = `kid-${ordinal}`;
      return {
        ordinal,
        kid,
        algorithm: 'ES256',
        reason: 'Retired',
        ...OVER,
        ...changes,
      } as Tombstone;
    });
    const next = 4 + ended.length;
    const before = { ...rotated, keys: rotated.keys.slice(2), tombstones, nextOrdinal: next };
    const barred = bar(addPending(before, origin(next), 0), `kid-${next}`, 'Revoked');
    const key = keyByKid(barred, `kid-${next}`);
    if (key === null) throw new Error('it was just added');
    return bury(barred, key, NOW_MS);
  }

  test.each<[string, readonly Partial<Tombstone>[], number, number]>([
    ['all, as long as they are few', stones(TOMBSTONES_KEPT - 1, OVER), TOMBSTONES_KEPT, 4],
    ['those of the youngest keys', stones(TOMBSTONES_KEPT + 9, OVER), TOMBSTONES_KEPT, 14],
    ['more, if verifiers trust their keys', stones(TOMBSTONES_MAX - 1, TRUSTED), TOMBSTONES_MAX, 4],
    [
      'the trusted ones, though others are younger',
      [...stones(9, TRUSTED), ...stones(TOMBSTONES_KEPT, OVER)],
      TOMBSTONES_KEPT,
      4,
    ],
    ['the revoked ones', [REVOKED, ...stones(TOMBSTONES_KEPT, OVER)], TOMBSTONES_KEPT, 4],
    [
      'the one whose key was put back',
      [BACK_AGAIN, ...stones(TOMBSTONES_KEPT, OVER)],
      TOMBSTONES_KEPT,
      4,
    ],
    [
      'the one that is trusted without end',
      [FOREVER, ...stones(TOMBSTONES_KEPT, OVER)],
      TOMBSTONES_KEPT,
      4,
    ],
    [
      'those of keys that signed, if all are trusted',
      [...stones(9, TRUSTED), LOST, ...stones(TOMBSTONES_MAX - 10, TRUSTED)],
      TOMBSTONES_MAX,
      4,
    ],
    [
      'those of the youngest keys, if all are trusted and signed',
      stones(TOMBSTONES_MAX, TRUSTED),
      TOMBSTONES_MAX,
      5,
    ],
  ])('kept are %s', (_, ended, count, oldest) => {
    const { tombstones } = afterAnother(...ended);
    expect(tombstones).toHaveLength(count);
    expect(tombstones[0]?.ordinal).toBe(oldest);
    expect(tombstones.at(-1)?.ordinal).toBe(4 + ended.length);
  });

  test('of which the oldest that never signed goes first', () => {
    const { tombstones } = afterAnother(...stones(9, TRUSTED), LOST, ...stones(118, TRUSTED));
    expect(tombstones.map(({ ordinal }) => ordinal)).not.toContain(13);
  });

  test('that are dropped stay ended, whatever lives', () => {
    const ledger = afterAnother(...stones(TOMBSTONES_MAX, OVER));
    for (let ordinal = 4; ordinal < ledger.nextOrdinal; ordinal += 1) {
      expect(hasEnded(ledger, `kid-${ordinal}`, ordinal)).toBe(true);
    }
    expect(ledger.nextOrdinal).toBe(5 + TOMBSTONES_MAX);
    expect(hasEnded(ledger, 'k3', 3)).toBe(false);
  });

  test('of an orphan raise the next ordinal past it', () => {
    const ledger = buryOrphan(
      rotated,
      origin(7),
      { reason: 'Superseded', trustMs: 0 },
      { seenMs: 5, nowMs: 5 },
    );
    expect(ledger.tombstones).toMatchObject([{ ordinal: 7, removedSeenMs: 5, trustMs: 0 }]);
    expect(ledger.nextOrdinal).toBe(8);
  });

  test('never outgrow the stored form, however many orphans someone plants', () => {
    const world = worldWith(FAST_SPEC);
    world.runFor(12 * SECOND);
    const { labels, annotations } = world.hands.keySecret(2).meta;
    for (let ordinal = 3; ordinal < 3 + TOMBSTONES_MAX + 20; ordinal += 1) {
      world.hands.plantKeySecret(ordinal, `extra-${ordinal}`, { labels, annotations });
      const secret = world.hands.keySecret(ordinal);
      if (secret.content.kind !== 'Key') continue;
      world.hands.restoreKeySecret({
        ...secret,
        content: { ...secret.content, kidIsThumbprint: false },
      });
    }
    for (let pass = 0; pass < 400; pass += 1) world.runPass();
    world.runFor(120 * SECOND);
    const ledger = ledgerOf(world);
    // And they don't use up the room that rotations need.
    expect(world.signerKid).not.toMatch(/extra|k[12]$/);
    expect(readLedger(serializeLedger(ledger)).kind).toBe('Ledger');
    expect(ledger.tombstones.length).toBeLessThanOrEqual(TOMBSTONES_MAX);
  });
});
