import { describe, expect, test } from 'vitest';
import { readLedger, serializeLedger, TOMBSTONES_MAX } from '../../../src/core/ledger/codec.ts';
import {
  hasEnded,
  keyByKid,
  type Ledger,
  nextOrdinal,
  publishedKeys,
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
import {
  EC_KIND,
  FAST_SPEC,
  FAST_TERMS,
  fixtureJwk,
  SECOND,
} from '../../support/core-world/fixtures.ts';
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
  const after = signerDisturbed(rotated, note);
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
  function afterEnds(count: number): Ledger {
    let ledger: Ledger = { ...rotated, keys: rotated.keys.slice(2) };
    for (let ordinal = 4; ordinal < 4 + count; ordinal += 1) {
      const barred = bar(addPending(ledger, origin(ordinal), 0), `kid-${ordinal}`, 'Retired');
      const key = keyByKid(barred, `kid-${ordinal}`);
      if (key !== null) ledger = bury(barred, key);
    }
    return ledger;
  }

  test('are kept by kid up to a bound; a living key holds the floor below itself', () => {
    const ledger = afterEnds(TOMBSTONES_KEPT + 10);
    expect(ledger.ordinalFloor).toBe(1);
    expect(ledger.tombstones).toHaveLength(TOMBSTONES_KEPT + 10);
  });

  test('are replaced by the ordinal floor once no living key is below them, and stay ended', () => {
    const living = { ...afterEnds(TOMBSTONES_KEPT + 10), keys: [] };
    const ledger = buryOrphan(living, origin(500), 'Superseded', 0);
    expect(ledger.tombstones).toHaveLength(TOMBSTONES_KEPT);
    expect(ledger.ordinalFloor).toBe(15);
    for (let ordinal = 4; ordinal < 14 + TOMBSTONES_KEPT; ordinal += 1) {
      expect(hasEnded(ledger, `kid-${ordinal}`, ordinal)).toBe(true);
    }
    expect(nextOrdinal(ledger)).toBe(501);
    expect(publishedKeys(ledger)).toEqual([]);
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
