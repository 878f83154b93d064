import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import {
  judgeState,
  type State,
  stateAfter,
  stateOf,
} from '../../../src/core/guard/state-invariants.ts';
import { jwksText } from '../../../src/core/ledger/jwks-document.ts';
import type { Write } from '../../../src/core/reading/model.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC } from '../../support/core-world/fixtures.ts';
import {
  jwksWrite,
  ledgerOf,
  rotatedWorld,
  signerWrite,
  situation,
  sourceOf,
  withKey,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const without = (kid: string) => (world: World) =>
  world.hands.editJwksKeys((keys) => keys.filter((key) => key.kid !== kid));

// #1 is retiring, #2 signs, #3 is pending.
describe('the state of a set', () => {
  test.each<[string, (world: World) => void, readonly string[]]>([
    ['as the operator leaves it', () => undefined, []],
    ['with the signing key out of the JWKS', without('k2'), ['I1', 'I7']],
    [
      'with the signing key out of the JWKS, and revoked',
      (world) => {
        world.hands.revoke('k2');
        without('k2')(world);
      },
      ['I7'],
    ],
    ['with a retiring key out of the JWKS', without('k1'), ['I7']],
    ['with a pending key out of the JWKS', without('k3'), []],
    [
      'with a retiring key out of the JWKS, and barred',
      (world) => {
        const bar = { generation: 9, reason: 'Retired' as const, removedSeenMs: null };
        const barred = withKey(ledgerOf(world), 'k1', { bar });
        world.api.write(signerWrite(world, barred));
        without('k1')(world);
      },
      [],
    ],
    [
      'with an empty signer',
      ({ hands }) => hands.editSigner((signer) => ({ ...signer, content: { kind: 'Empty' } })),
      ['I1'],
    ],
    [
      'with another key in the signer',
      ({ hands }) => {
        const { content } = hands.keySecret(3);
        if (content.kind === 'Key') hands.editSigner((signer) => ({ ...signer, content }));
      },
      ['I1'],
    ],
    [
      'with a key in the signer that nobody knows',
      ({ hands }) => {
        const publicJwk = fixtureJwk('other', EC_KIND);
        const content = { kind: 'Key' as const, kid: 'other', publicJwk, keyKind: EC_KIND };
        hands.editSigner((signer) => ({ ...signer, content }));
      },
      // That it is not in the JWKS is not said as well.
      ['I1'],
    ],
    [
      'with another key under a kid',
      ({ hands }) =>
        hands.editJwksKeys((keys) =>
          keys.map((key) =>
            key.kid === 'k3' ? { ...fixtureJwk('other', EC_KIND), kid: key.kid } : key,
          ),
        ),
      ['I4'],
    ],
    [
      'with an ended key in the JWKS',
      (world) => {
        world.runFor(12_000);
        world.hands.editJwksKeys((keys) => [...keys, fixtureJwk('k1', EC_KIND)]);
      },
      ['I4'],
    ],
    [
      'with a key in the JWKS that nobody knows',
      ({ hands }) => hands.editJwksKeys((keys) => [...keys, fixtureJwk('other', EC_KIND)]),
      [],
    ],
    ['without a JWKS', ({ hands }) => hands.deleteJwks(), ['I1', 'I7', 'I7']],
    ['without a signer', ({ hands }) => hands.deleteSigner(), []],
    [
      'without a ledger, and with the signing key out of the JWKS',
      (world) => {
        world.hands.annotateSigner(ANNOTATION.ledger, null);
        without('k2')(world);
      },
      ['I1'],
    ],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(invariantsOf(stateOf(situation(world)))).toEqual(expected);
  });

  test('in a deletion that has removed the JWKS', () => {
    const world = worldWith({ ...FAST_SPEC, deletionPolicy: 'Delete' });
    world.runFor(12_000);
    world.hands.deleteSet();
    world.runFor(16_000);
    expect(world.api.jwks).toBeNull();
    expect(invariantsOf(stateOf(situation(world)))).toEqual([]);
  });
});

function invariantsOf(state: State): readonly string[] {
  return judgeState(state).map(({ invariant }) => invariant);
}

describe('what a write makes of the state', () => {
  const EXPECTS = { uid: 'u', resourceVersion: '1' };

  test.each<[string, (world: World) => Write, string]>([
    [
      'the ledger, with the signing key unchanged',
      (world) => signerWrite(world, { ...ledgerOf(world), generation: 99 }),
      'ledger 99, Key k2, revoked; JWKS k1 k2 k3',
    ],
    [
      'the ledger and another signing key',
      (world) => signerWrite(world, { ...ledgerOf(world), generation: 99 }, sourceOf(world, 3)),
      'ledger 99, Key k3; JWKS k1 k2 k3',
    ],
    [
      'the ledger and no signing key',
      (world) => signerWrite(world, { ...ledgerOf(world), generation: 99 }, { from: 'nothing' }),
      'ledger 99, Empty null; JWKS k1 k2 k3',
    ],
    [
      'another JWKS',
      (world) => jwksWrite(world, { 'jwks.json': jwksText([fixtureJwk('k9', EC_KIND)]) }),
      'ledger now, Key k2, revoked; JWKS k9',
    ],
    [
      'no JWKS any more',
      () => ({ kind: 'DeleteJwks', name: 'payments-jwks', expects: EXPECTS }),
      'ledger now, Key k2, revoked; JWKS none',
    ],
    [
      'no signer any more',
      () => ({ kind: 'DeleteSigner', name: 'payments-signer', expects: EXPECTS }),
      'ledger none, Absent null; JWKS k1 k2 k3',
    ],
    [
      'a key Secret less, which is no part of it',
      () => ({ kind: 'DeleteKeySecret', name: 'payments-key-2', expects: EXPECTS }),
      'ledger now, Key k2, revoked; JWKS k1 k2 k3',
    ],
  ])('%s', (_, writeOf, expected) => {
    const world = rotatedWorld();
    const { generation } = ledgerOf(world);
    world.hands.revoke('k2');
    const after = stateAfter(stateOf(situation(world)), writeOf(world));
    expect(told(after, generation)).toBe(expected);
  });

  function told({ ledger, signer, signerKid, jwks, isSignerRevoked }: State, now: number): string {
    const which = ledger?.generation === now ? 'now' : (ledger?.generation ?? 'none');
    const revoked = signerKid !== null && isSignerRevoked ? ', revoked' : '';
    const kids = jwks?.map(({ kid }) => kid).join(' ') ?? 'none';
    return `ledger ${which}, ${signer} ${signerKid}${revoked}; JWKS ${kids}`;
  }
});
