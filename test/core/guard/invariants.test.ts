import { describe, expect, test } from 'vitest';
import type { PublicJwk } from '../../../src/core/formats/jwk.ts';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { addedViolations, stateViolations } from '../../../src/core/guard/invariants.ts';
import { jwksData, jwksText, keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type { Write } from '../../../src/core/reading/model.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND } from '../../support/core-world/fixtures.ts';
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
import type { World } from '../../support/core-world/world.ts';

const RETIRED = { generation: 9, reason: 'Retired', removedSeenMs: null } as const;

function added(world: World, write: Write): readonly string[] {
  return addedViolations(situation(world), write).map(({ invariant }) => invariant);
}

function shown(world: World): readonly PublicJwk[] {
  return keysIn(world.api.jwks?.data ?? {});
}

function withShown(world: World, keys: readonly PublicJwk[]): Write {
  return jwksWrite(world, { ...world.api.jwks?.data, 'jwks.json': jwksText(keys) });
}

function withoutShown(world: World, gone: string): Write {
  const left = shown(world).filter(({ kid }) => kid !== gone);
  return withShown(world, left);
}

// #1 is retiring, #2 signs, #3 is pending.
describe('a write adds a violation', () => {
  test.each<[string, string, (world: World) => Write]>([
    [
      'I1',
      'the signer takes a key that the ledger does not call active',
      (world) => signerWrite(world, ledgerOf(world), sourceOf(world, 3)),
    ],
    [
      'I2',
      'a switch before the gate',
      (world) => signerWrite(world, switched(ledgerOf(world), 'k3'), sourceOf(world, 3)),
    ],
    [
      'I3',
      'a bar before the last token has expired',
      (world) => signerWrite(world, withKey(ledgerOf(world), 'k1', { bar: RETIRED })),
    ],
    [
      'I3',
      'a key that never signed leaves the JWKS, though no ledger let it go',
      (world) => withoutShown(world, 'k3'),
    ],
    [
      'I4',
      'an ended kid is published again',
      (world) => {
        world.runFor(12_000);
        return withShown(world, [...shown(world), fixtureJwk('k1', EC_KIND)]);
      },
    ],
  ])('%s: %s', (invariant, _, craft) => {
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

  test('only to what was wrong before: the JWKS lacks one key more', () => {
    const world = rotatedWorld();
    world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k1'));
    const write = withoutShown(world, 'k2');
    const found = addedViolations(situation(world), write);
    expect(found.filter(({ message }) => message.includes('k1'))).toEqual([]);
    expect(new Set(found.map(({ invariant }) => invariant))).toEqual(new Set(['I1', 'I3', 'I7']));
  });
});

describe('a write adds no violation', () => {
  test.each<[string, (world: World) => Write]>([
    [
      'if it notes a JWKS that lacks a key',
      (world) => {
        world.hands.editJwksKeys((keys) => keys.slice(1));
        return signerWrite(world, ledgerOf(world));
      },
    ],
    [
      'if it repairs a JWKS that lacks a key',
      (world) => {
        world.hands.editJwksKeys((keys) => keys.slice(1));
        return jwksWrite(world, jwksData(ledgerOf(world)));
      },
    ],
    [
      'if it notes that a key which the JWKS lacks may have signed',
      (world) => {
        world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k3'));
        return signerWrite(world, withKey(ledgerOf(world), 'k3', { mayHaveSigned: true }));
      },
    ],
    [
      'if it recovers a ledger, and the JWKS lacks a key already',
      (world) => {
        const ledger = ledgerOf(world);
        world.hands.annotateSigner(ANNOTATION.ledger, null);
        world.hands.editJwksKeys((keys) => keys.slice(1));
        return signerWrite(world, ledger);
      },
    ],
    [
      'if it calls off a deletion that has removed the JWKS',
      (world) => {
        const ledger = ledgerOf(world);
        const deletion = { removing: true, jwksRemovedSeenMs: null };
        const generation = ledger.generation + 1;
        world.api.write(signerWrite(world, { ...ledger, generation, deletion }));
        world.hands.deleteJwks();
        return signerWrite(world, { ...ledger, generation: generation + 1 });
      },
    ],
    [
      'if it removes a barred key that someone put back into the signer of a lost ledger',
      (world) => {
        const { content } = world.hands.keySecret(1);
        if (content.kind !== 'Key') throw new Error('Secret #1 holds a key');
        copyBarred(world, 'k1');
        const write = withoutShown(world, 'k1');
        world.hands.editSigner((signer) => ({ ...signer, content }));
        world.hands.annotateSigner(ANNOTATION.ledger, null);
        return write;
      },
    ],
  ])('%s', (_, craft) => {
    const world = rotatedWorld();
    const write = craft(world);
    expect(added(world, write)).toEqual([]);
  });

  /** At 44 s, when the tokens of #1 have expired: the bar is in the ledger and its copy. */
  function copyBarred(world: World, kid: string): void {
    world.nowMs += 9_000;
    const isCopied = () => {
      const copy = world.observe().ledgers.status;
      return copy?.kind === 'Ledger' && copy.ledger.keys.some((key) => key.kid === kid && key.bar);
    };
    while (!isCopied()) world.runPass();
    expect(world.servedKids).toContain(kid);
  }
});

test.each<[string, (world: World) => void, readonly string[]]>([
  ['as the operator leaves it', () => undefined, []],
  ['with a signing key that is not served', ({ hands }) => hands.deleteJwks(), ['I1', 'I7', 'I7']],
])('the state of a set that a reading shows: %s', (_, disturb, expected) => {
  const world = rotatedWorld();
  disturb(world);
  expect(stateViolations(situation(world)).map(({ invariant }) => invariant)).toEqual(expected);
});
