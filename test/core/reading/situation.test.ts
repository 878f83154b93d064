import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import {
  blankLedger,
  isRevoked,
  type LedgerState,
  secretOf,
} from '../../../src/core/reading/situation.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, FAST_TERMS, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function told(ledgerState: LedgerState): string {
  switch (ledgerState.kind) {
    case 'None':
      return 'none yet';
    case 'Sound':
      return ledgerState.copied ? 'sound' : 'sound, not copied';
    case 'Lost':
      return `lost: ${ledgerState.problem}`;
    case 'Newer':
      return `of version ${ledgerState.version}, in ${ledgerState.where}`;
  }
}

function unledgerJwks({ hands }: World): void {
  hands.editJwksMeta((meta) => {
    const { [ANNOTATION.ledger]: _, ...annotations } = meta.annotations;
    return { ...meta, annotations };
  });
}

function copyBesideJwks(hands: World['hands'], text: string): void {
  hands.editJwksMeta((meta) => {
    return { ...meta, annotations: { ...meta.annotations, [ANNOTATION.ledger]: text } };
  });
}

describe('what became of the ledger', () => {
  test.each<[string, (world: World) => void, string | RegExp]>([
    ['nothing happened', () => undefined, 'sound'],
    ['the status is wiped', ({ hands }) => hands.wipeStatus(), /^sound/],
    [
      'both copies are gone',
      (world) => {
        world.hands.wipeStatus();
        unledgerJwks(world);
      },
      'sound, not copied',
    ],
    [
      'the signer is deleted',
      ({ hands }) => hands.deleteSigner(),
      'lost: the signer Secret is gone',
    ],
    [
      'the ledger is removed',
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, null),
      'lost: the signer Secret has no ledger of this set',
    ],
    [
      'the ledger is garbled',
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{'),
      /^lost: the signer Secret's ledger can't be read: ./,
    ],
    [
      'a newer operator wrote the ledger',
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{"version":99}'),
      'of version 99, in the signer Secret',
    ],
    [
      'someone put a copy of an unknown version beside the JWKS, and the signer’s ledger is sound',
      ({ hands }) => copyBesideJwks(hands, '{"version":999}'),
      'sound',
    ],
    [
      'the same, and the status is wiped',
      ({ hands }) => {
        copyBesideJwks(hands, '{"version":999}');
        hands.wipeStatus();
      },
      'sound, not copied',
    ],
    [
      'a newer operator wrote the copy beside the JWKS, and the signer is deleted',
      ({ hands }) => {
        copyBesideJwks(hands, '{"version":999}');
        hands.deleteSigner();
      },
      'of version 999, in the JWKS',
    ],
    [
      'a newer operator wrote the ledger of a signer that is someone else’s',
      ({ hands }) => {
        hands.annotateSigner(ANNOTATION.ledger, '{"version":999}');
        hands.annotateSigner(ANNOTATION.owner, '{"namespace":"a","name":"b","uid":"c"}');
      },
      'lost: the signer Secret is gone',
    ],
    [
      'only the status is left',
      ({ hands, api }) => {
        hands.deleteSigner();
        hands.deleteJwks();
        for (const name of api.keySecrets.keys()) api.deleteKeySecret(name);
      },
      'lost: the signer Secret is gone',
    ],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(told(situation(world).ledgerState)).toMatch(expected);
  });

  test('if the signer is older than a copy, the decisions in between are lost', () => {
    const world = worldWith(FAST_SPEC);
    world.runFor(20 * SECOND);
    const old = world.api.signer;
    if (old === null) throw new Error('there is a signer');
    const generation = ledgerOf(world).generation;
    world.runFor(15 * SECOND);
    const copied = ledgerOf(world).generation;
    world.hands.restoreSigner(old);
    const { ledgerState } = situation(world);
    expect(told(ledgerState)).toBe(
      `lost: the signer Secret's ledger has generation ${generation}, but a copy has ${copied}`,
    );
    expect(ledgerState).toMatchObject({ highestGeneration: copied });
  });

  test('if a copy of the same generation differs, the ledger is lost', () => {
    const world = rotatedWorld();
    const text = world.api.signer?.meta.annotations[ANNOTATION.ledger] ?? '';
    world.hands.annotateSigner(
      ANNOTATION.ledger,
      text.replace('"previousKid":"k1"', '"previousKid":"k3"'),
    );
    expect(told(situation(world).ledgerState)).toBe(
      `lost: the signer Secret's ledger differs from a copy of the same generation`,
    );
  });
});

describe('a lost ledger, beside a copy of an earlier set’s', () => {
  const EARLIER = { namespace: 'auth', name: 'payments', uid: 'uid-of-earlier' };

  /** Every ledger of the set is lost; that of an earlier one, which knows these keys, is beside the JWKS. */
  function newestBeside(
    kids: readonly string[],
    disturb: (world: World) => void = () => undefined,
  ): Ledger | null {
    const world = rotatedWorld();
    const ledger = ledgerOf(world);
    const tombstones = ledger.keys
      .filter(({ kid }) => !kids.includes(kid))
      .map(({ ordinal, kid, algorithm }) => {
        return {
          ordinal,
          kid,
          algorithm,
          reason: 'Retired',
          removedSeenMs: 1,
          trustMs: 1,
        } as const;
      });
    const keys = ledger.keys.filter(({ kid }) => kids.includes(kid));
    const known = kids.includes('tombstones') ? tombstones : [];
    const text = serializeLedger({ ...ledger, set: EARLIER, keys, tombstones: known });
    world.hands.wipeStatus();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    copyBesideJwks(world.hands, text);
    disturb(world);
    const { ledgerState } = situation(world);
    return ledgerState.kind === 'Lost' ? ledgerState.newest : null;
  }

  test('is recovered from it if it knows the keys of this set: the set has adopted them', () => {
    expect(newestBeside(['k1', 'k2', 'k3'])?.set).toEqual(EARLIER);
    expect(newestBeside(['k2', 'k3', 'tombstones'])?.set).toEqual(EARLIER);
  });

  test('is not recovered from it if the signer or a key Secret has a key that it does not know', () => {
    expect(newestBeside(['k1', 'k3'])).toBeNull();
    const onlySigner = ({ hands }: World) => {
      for (const ordinal of [1, 2, 3]) hands.deleteKeySecret(ordinal);
    };
    expect(newestBeside(['k1', 'k3'], onlySigner)).toBeNull();
    const onlySecrets = ({ hands }: World) => hands.deleteSigner();
    expect(newestBeside(['k1', 'k3'], onlySecrets)).toBeNull();
  });

  test('is recovered from it if nothing but a first key Secret, of a reading that missed it, says otherwise', () => {
    const world = worldWith(FAST_SPEC);
    world.runFor(30 * SECOND);
    const earlier = ledgerOf(world).set;
    world.api.set = null;
    world.hands.deleteSigner();
    world.hands.createSet(FAST_SPEC);
    const { labels } = world.hands.keySecret(1).meta;
    const { set } = world.observe();
    const annotations = {
      [ANNOTATION.owner]: JSON.stringify(set.ref),
      [ANNOTATION.ordinal]: '9',
    };
    world.hands.plantKeySecret(9, 'k9', { labels, annotations });
    const { ledgerState } = situation(world);
    const newest = ledgerState.kind === 'Lost' ? ledgerState.newest : null;
    expect(newest?.set).toEqual(earlier);
  });
});

describe('a key is the first one only while nothing hints at an earlier key', () => {
  /** The first key's Secret is there, and its JWKS. */
  function published(): World {
    const world = worldWith(FAST_SPEC);
    world.runPass();
    world.runPass();
    return world;
  }

  test.each<[string, (world: World) => void, string]>([
    ['its Secret and its JWKS', () => undefined, 'none yet'],
    ['its Secret alone', ({ hands }) => hands.deleteJwks(), 'none yet'],
    [
      'a ConfigMap without jwks.json',
      ({ api }) => {
        api.jwks = api.jwks && { ...api.jwks, data: {} };
      },
      'none yet',
    ],
    ['another kid in the JWKS', ({ hands }) => addKey(hands), 'lost'],
    ['a JWKS that can’t be read', ({ hands }) => hands.editJwksFile('jwks.json', '{'), 'lost'],
    [
      'a second key Secret',
      ({ hands }) => {
        const { labels, annotations } = hands.keySecret(1).meta;
        hands.plantKeySecret(2, 'k9', { labels, annotations });
      },
      'lost',
    ],
  ])('%s', (_, disturb, expected) => {
    const world = published();
    disturb(world);
    expect(told(situation(world).ledgerState).split(':')[0]).toBe(expected);
  });

  function addKey(hands: World['hands']): void {
    hands.editJwksKeys((keys) => [...keys, fixtureJwk('k9', EC_KIND)]);
  }
});

describe('the two clocks', () => {
  test.each([
    ['ahead by less than the skew', 900, { now: 0, seen: 900, inDoubt: false }],
    ['behind by less than the skew', -900, { now: -900, seen: 0, inDoubt: false }],
    ['ahead by more', 3000, { now: 0, seen: 3000, inDoubt: true }],
    ['behind by more', -3000, { now: -3000, seen: 0, inDoubt: true }],
  ])('%s: the earlier one judges, the later one records', (_, skewMs, expected) => {
    const world = rotatedWorld();
    const { nowMs, seenMs, clockInDoubt } = situation(world, world.observe(skewMs));
    expect({
      now: nowMs - world.nowMs,
      seen: seenMs - world.nowMs,
      inDoubt: clockInDoubt,
    }).toEqual(expected);
  });

  test('an answer without a Date leaves them in doubt', () => {
    const world = rotatedWorld();
    world.hasDate = false;
    expect(situation(world).clockInDoubt).toBe(true);
  });
});

describe('whose the objects are', () => {
  const OTHERS = '{"namespace":"a","name":"b","uid":"c"}';

  test('an object of someone else is named, and left alone', () => {
    const world = rotatedWorld();
    world.hands.annotateSigner(ANNOTATION.owner, OTHERS);
    const { signer, jwks, foreign } = situation(world);
    expect(signer).toBeNull();
    expect(jwks).not.toBeNull();
    expect(foreign).toEqual(['Secret payments-signer']);
  });

  test('a key Secret of someone else is not among the set’s keys', () => {
    const world = rotatedWorld();
    const annotations = { [ANNOTATION.owner]: OTHERS };
    world.hands.plantKeySecret(9, 'stranger', { labels: {}, annotations });
    const { keySecrets, foreign } = situation(world);
    expect(keySecrets.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
    expect(foreign).toEqual(['Secret payments-key-9']);
  });
});

test('a kid is revoked while the spec has an entry for it', () => {
  const world = rotatedWorld();
  world.hands.revoke('k1');
  expect(['k1', 'k2'].map((kid) => isRevoked(situation(world), kid))).toEqual([true, false]);
});

test('the Secret of a key must hold that very key', () => {
  const world = rotatedWorld();
  const [, k2] = ledgerOf(world).keys;
  if (k2 === undefined) throw new Error('there is a second key');
  expect(secretOf(situation(world), k2)?.meta.name).toBe('payments-key-2');
  const secret = world.hands.keySecret(2);
  if (secret.content.kind !== 'Key') throw new Error('it holds a key');
  const content = { ...secret.content, publicJwk: fixtureJwk('k2-forged', EC_KIND) };
  world.api.putKeySecret({ ...secret, content });
  expect(secretOf(situation(world), k2)).toBeNull();
  world.hands.deleteKeySecret(2);
  expect(secretOf(situation(world), k2)).toBeNull();
});

test('a ledger that begins has the terms that the status shows, if the spec was lowered since', () => {
  const world = worldWith(FAST_SPEC);
  const observed = world.observe();
  const set = { ...observed.set, status: { terms: { tokenTTL: '40s', clockSkew: '0s' } } };
  const { terms } = blankLedger(situation(world, { ...observed, set }));
  expect(terms).toEqual({ declared: { ...FAST_TERMS, tokenTtlMs: 40_000 }, lowered: [] });
});
