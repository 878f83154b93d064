import { describe, expect, test } from 'vitest';
import type { PublicJwk } from '../../../src/core/formats/jwk.ts';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { addedViolations, stateViolations } from '../../../src/core/guard/invariants.ts';
import { jwksData, jwksText, keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type { Write } from '../../../src/core/reading/model.ts';
import { EC_KIND, FAST_SPEC, fixtureJwk } from '../../support/core-world/fixtures.ts';
import {
  jwksWrite,
  ledgerOf,
  rotatedWorld,
  signerWrite,
  situation,
  sourceOf,
  switched,
  withKey,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function added(world: World, write: Write): readonly string[] {
  return addedViolations(situation(world), write).map(({ invariant }) => invariant);
}

function shown(world: World): readonly PublicJwk[] {
  return keysIn(world.api.jwks?.data ?? {});
}

function withShown(world: World, keys: readonly PublicJwk[]): Write {
  return jwksWrite(world, { ...world.api.jwks?.data, 'jwks.json': jwksText(keys) });
}

/** Each breaks exactly one invariant. */
const BREAKS: readonly [string, string, (world: World) => Write][] = [
  [
    'I1',
    'the signer takes a key that the ledger does not call active',
    (world) => signerWrite(world, ledgerOf(world), sourceOf(world, 3)),
  ],
  [
    'I2',
    'a switch before the gate is open',
    (world) => signerWrite(world, switched(ledgerOf(world), 'k3'), sourceOf(world, 3)),
  ],
  [
    'I2',
    'a switch to a barred key',
    (world) => {
      world.runFor(5_000);
      const bar = { generation: 9, reason: 'Retired' as const, removedSeenMs: null };
      const barred = withKey(ledgerOf(world), 'k3', { bar });
      world.api.write(signerWrite(world, barred));
      return signerWrite(world, switched(barred, 'k3'), sourceOf(world, 3));
    },
  ],
  [
    'I3',
    'a bar before the last token has expired',
    (world) => {
      const bar = { generation: 9, reason: 'Retired' as const, removedSeenMs: null };
      return signerWrite(world, withKey(ledgerOf(world), 'k1', { bar }));
    },
  ],
  [
    'I3',
    'a key that never signed leaves the JWKS, though no ledger let it go',
    (world) =>
      withShown(
        world,
        shown(world).filter(({ kid }) => kid !== 'k3'),
      ),
  ],
  [
    'I4',
    'an ended kid is published again',
    (world) => {
      world.runFor(12_000);
      return withShown(world, [...shown(world), fixtureJwk('k1', EC_KIND)]);
    },
  ],
  [
    'I4',
    'an ended kid enters the ledger again',
    (world) => {
      const [old] = ledgerOf(world).keys;
      world.runFor(12_000);
      const ledger = ledgerOf(world);
      if (old === undefined) throw new Error('there was a key');
      const back = { ...old, state: 'Pending' as const, mayHaveSigned: false };
      return signerWrite(world, { ...ledger, tombstones: [], keys: [back, ...ledger.keys] });
    },
  ],
  [
    'I4',
    'a kid stands for another key',
    (world) =>
      signerWrite(world, withKey(ledgerOf(world), 'k3', { publicJwk: fixtureJwk('x', EC_KIND) })),
  ],
  [
    'I5',
    'a private member in the JWKS',
    (world) => {
      const text = JSON.stringify({ keys: [{ kty: 'EC', d: 'secret' }] });
      return jwksWrite(world, { ...world.api.jwks?.data, 'more.json': text });
    },
  ],
  [
    'I5',
    'a PEM in an annotation',
    (world) => {
      const write = signerWrite(world, ledgerOf(world));
      const note = '-----BEGIN PRIVATE KEY-----';
      return { ...write, metadata: { labels: {}, annotations: { note } } };
    },
  ],
  [
    'I6',
    'an object that is not the set’s is deleted',
    () => ({ kind: 'DeleteKeySecret', name: 'other', expects: { uid: 'x', resourceVersion: '1' } }),
  ],
  [
    'I8',
    'a gate moves earlier',
    (world) => {
      const key = ledgerOf(world).keys.find(({ kid }) => kid === 'k3');
      const publishedSeenMs = (key?.publishedSeenMs ?? 0) - 1;
      return signerWrite(world, withKey(ledgerOf(world), 'k3', { publishedSeenMs }));
    },
  ],
  [
    'I8',
    'a term that counts is forgotten',
    (world) => {
      const [key] = ledgerOf(world).keys;
      if (key === undefined) throw new Error('there is a key');
      const largest = { ...key.largest, tokenTtlMs: 1 };
      return signerWrite(world, withKey(ledgerOf(world), 'k1', { largest }));
    },
  ],
];

describe('a write that breaks an invariant', () => {
  test.each(BREAKS)('%s: %s', (invariant, _, craft) => {
    const world = rotatedWorld();
    const write = craft(world);
    expect([...new Set(added(world, write))]).toEqual([invariant]);
  });

  test('I7 and what goes with it: an empty JWKS', () => {
    const world = rotatedWorld();
    const { jwks } = world.api;
    if (jwks === null) throw new Error('there is a JWKS');
    const remove: Write = { kind: 'DeleteJwks', name: jwks.meta.name, expects: jwks.meta };
    for (const write of [remove, withShown(world, [])]) {
      expect(new Set(added(world, write))).toContain('I7');
    }
  });

  test('I7: the JWKS goes while the ledger is lost', () => {
    const world = rotatedWorld();
    const { jwks } = world.api;
    if (jwks === null) throw new Error('there is a JWKS');
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    const remove: Write = { kind: 'DeleteJwks', name: jwks.meta.name, expects: jwks.meta };
    expect(added(world, remove)).toContain('I7');
  });

  test('I3: a deletion takes the JWKS away before the tokens have expired', () => {
    const world = worldWith({ ...FAST_SPEC, deletionPolicy: 'Delete' });
    world.runFor(12_000);
    world.hands.deleteSet();
    world.settle();
    const ledger = ledgerOf(world);
    const deletion = { removing: true, jwksRemovedSeenMs: null };
    expect(added(world, signerWrite(world, { ...ledger, deletion }))).toEqual(['I3']);
  });

  test('I2: a recovery makes another key sign than the copy says', () => {
    const world = rotatedWorld();
    const ledger = ledgerOf(world);
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    const write = signerWrite(world, switched(ledger, 'k3'), sourceOf(world, 3));
    expect(added(world, write)).toEqual(['I2']);
  });

  test('I2: more than a first key begins to sign where there is no ledger', () => {
    const world = rotatedWorld();
    const ledger = ledgerOf(world);
    const fresh = worldWith(FAST_SPEC);
    for (let writes = 0; writes < 3; writes += 1) fresh.runPass();
    fresh.hands.deleteSigner();
    fresh.hands.wipeStatus();
    expect(added(fresh, signerWrite(fresh, ledger, { from: 'nothing' }))).toContain('I2');
  });
});

describe('what a write repairs', () => {
  test('is no violation of its own: only what it adds counts', () => {
    const world = rotatedWorld();
    world.hands.editJwksKeys((keys) => keys.slice(1));
    expect(added(world, signerWrite(world, ledgerOf(world)))).toEqual([]);
    expect(added(world, jwksWrite(world, jwksData(ledgerOf(world))))).toEqual([]);
  });
});

describe('the state of a set', () => {
  test.each<[string, (world: World) => void, readonly string[]]>([
    ['as the operator leaves it', () => undefined, []],
    [
      'with the signing key out of the JWKS',
      ({ hands }) => hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k2')),
      ['I1', 'I7'],
    ],
    [
      'with a retiring key out of the JWKS',
      ({ hands }) => hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k1')),
      ['I7'],
    ],
    [
      'with another key in the signer',
      ({ hands }) => hands.editSigner((signer) => ({ ...signer, content: { kind: 'Empty' } })),
      ['I1'],
    ],
    [
      'with another key under a kid',
      ({ hands }) =>
        hands.editJwksKeys((keys) =>
          keys.map((key) => (key.kid === 'k3' ? { ...key, x: 'other' } : key)),
        ),
      ['I4'],
    ],
    ['without a JWKS', ({ hands }) => hands.deleteJwks(), ['I1', 'I7', 'I7']],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(stateViolations(situation(world)).map(({ invariant }) => invariant)).toEqual(expected);
  });
});
