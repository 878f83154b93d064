import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { GENERATION_MAX } from '../../../src/core/ledger/bounds.ts';
import {
  activeKey,
  type Bar,
  type Ledger,
  type LedgerKey,
} from '../../../src/core/ledger/ledger.ts';
import type { ObservedJwks, SignerContent } from '../../../src/core/reading/model.ts';
import {
  asShown,
  foldManagers,
  isDisturbed,
  jwksGeneration,
  noteOf,
  showsKey,
  showsKid,
  signerFits,
} from '../../../src/core/reading/shown.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation, withKey } from '../../support/core-world/states.ts';
import type { World } from '../../support/core-world/world.ts';

const RETIRED: Bar = { generation: 9, reason: 'Retired', removedSeenMs: null };

function jwksOf({ api }: World): ObservedJwks {
  if (api.jwks === null) throw new Error('there is a JWKS');
  return api.jwks;
}

/** Of the tests that change nothing in it. */
const UNTOUCHED = rotatedWorld();

function touch({ hands }: World): void {
  hands.editJwksMeta((meta) => meta);
}

/** Edits an annotation, or takes it away. */
function annotate({ hands }: World, name: string, value: string | null): void {
  hands.editJwksMeta((meta) => {
    const { [name]: _, ...rest } = meta.annotations;
    return { ...meta, annotations: value === null ? rest : { ...rest, [name]: value } };
  });
}

// #1 is retiring, #2 signs, #3 is pending.
describe('someone else changed the JWKS', () => {
  test.each<[string, (world: World) => void, boolean]>([
    ['not if nothing happened', () => undefined, false],
    ['not if it was written without a change', touch, false],
    [
      'not if labels and annotations were edited',
      ({ hands }) => hands.editJwksMeta((meta) => ({ ...meta, labels: {}, annotations: {} })),
      false,
    ],
    ['if a key was taken out', ({ hands }) => hands.editJwksKeys((keys) => keys.slice(1)), true],
    [
      'if keys changed places',
      ({ hands }) => hands.editJwksKeys((keys) => keys.toReversed()),
      true,
    ],
    ['if it is nonsense', ({ hands }) => hands.editJwksFile('jwks.json', 'nonsense'), true],
    ['if serve.json was edited', ({ hands }) => hands.editJwksFile('serve.json', '{}'), true],
    ['not if an entry of others was added', ({ hands }) => hands.editJwksFile('mine', 'x'), false],
    [
      'if an entry of its own was added',
      ({ hands }) => hands.editJwksFile('openid-configuration.json', '{}'),
      true,
    ],
    [
      'if it was edited and put back, by its managers',
      (world) => {
        const text = jwksOf(world).data['jwks.json'] ?? '';
        world.hands.editJwksFile('jwks.json', 'nonsense');
        world.hands.editJwksFile('jwks.json', text);
      },
      true,
    ],
    [
      'if its data differs and no manager tells',
      (world) => {
        world.hands.editJwksFile('serve.json', '{}');
        world.api.jwks = { ...jwksOf(world), otherManagers: [] };
      },
      true,
    ],
    [
      'if binary data has an entry of its own',
      (world) => {
        touch(world);
        world.api.jwks = { ...jwksOf(world), hasOwnBinaryData: true };
      },
      true,
    ],
    [
      'not while it is deleted: that is seen once it is back',
      ({ hands }) => hands.deleteJwks(),
      false,
    ],
    [
      'if it was deleted and made again with the same data',
      (world) => {
        const old = jwksOf(world);
        world.hands.deleteJwks();
        world.hands.restoreJwks(old);
        world.api.jwks = { ...jwksOf(world), otherManagers: [] };
      },
      true,
    ],
  ])('%s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    expect(isDisturbed(situation(world), ledgerOf(world))).toBe(expected);
  });

  test('never by a ledger that has not noted one yet', () => {
    const world = rotatedWorld();
    world.hands.editJwksKeys((keys) => keys.slice(1));
    expect(isDisturbed(situation(world), { ...ledgerOf(world), jwks: null })).toBe(false);
  });

  // The JWKS is of the ledger before, as after a write of the ledger, and its copy tells so.
  test.each<[string, (world: World) => void, boolean]>([
    ['as it was', touch, false],
    ['without its copy', (world) => annotate(world, ANNOTATION.ledger, null), true],
    ['with an unreadable copy', (world) => annotate(world, ANNOTATION.ledger, '{'), true],
    ['without its generation', (world) => annotate(world, ANNOTATION.generation, null), true],
    ['with another generation', (world) => annotate(world, ANNOTATION.generation, '1'), true],
  ])('the ledger has gone on, and the JWKS is %s: %s', (_, disturb, expected) => {
    const world = rotatedWorld();
    disturb(world);
    const next = withKey(ledgerOf(world), 'k3', { bar: { ...RETIRED, reason: 'Superseded' } });
    expect(isDisturbed(situation(world), next)).toBe(expected);
  });

  test('a copy that is older than the note proves nothing', () => {
    const world = rotatedWorld();
    touch(world);
    const next = withKey(ledgerOf(world), 'k3', { bar: { ...RETIRED, reason: 'Superseded' } });
    if (next.jwks === null) throw new Error('the JWKS is noted');
    const jwks = { ...next.jwks, generation: next.jwks.generation + 1 };
    expect(isDisturbed(situation(world), { ...next, jwks })).toBe(true);
  });

  test('a leaving key that it still shows is no edit', () => {
    const world = rotatedWorld();
    annotate(world, ANNOTATION.ledger, null);
    const leaving = withKey(ledgerOf(world), 'k1', { bar: RETIRED });
    expect(isDisturbed(situation(world), leaving)).toBe(false);
  });
});

describe('a barred key counts as published', () => {
  test.each<[string, string, Partial<LedgerKey>, boolean]>([
    ['while the JWKS shows it', 'k1', { bar: RETIRED }, true],
    ['not once it was seen removed', 'k1', { bar: { ...RETIRED, removedSeenMs: 1 } }, false],
    ['not if it is revoked', 'k1', { bar: { ...RETIRED, reason: 'Revoked' } }, false],
    ['not if it never signed', 'k3', { bar: RETIRED }, false],
  ])('%s', (_, kid, changes, isPublished) => {
    const ledger = withKey(ledgerOf(UNTOUCHED), kid, changes);
    const isBarred = (jwks: ObservedJwks | null) =>
      asShown(jwks, ledger).keys.find((key) => key.kid === kid)?.bar !== null;
    expect(isBarred(jwksOf(UNTOUCHED))).toBe(!isPublished);
    expect(isBarred(null)).toBe(true);
  });
});

test.each<[string | undefined, number]>([
  ['12', 12],
  [`${GENERATION_MAX}`, GENERATION_MAX],
  [`${GENERATION_MAX + 1}`, 0],
  ['999999999999999', 0],
  [undefined, 0],
  ['', 0],
  ['-1', 0],
  ['1e3', 0],
  [' 1', 0],
  ['1000000000000000', 0],
])('the generation that the JWKS says it is of: %s is %d', (text, expected) => {
  const jwks = jwksOf(UNTOUCHED);
  const annotations = text === undefined ? {} : { [ANNOTATION.generation]: text };
  expect(jwksGeneration({ ...jwks, meta: { ...jwks.meta, annotations } })).toBe(expected);
});

describe('what is noted of the JWKS', () => {
  test('is its identity, its generation and its managers', () => {
    const world = rotatedWorld();
    world.hands.editJwksFile('serve.json', '{}');
    const { meta, otherManagers } = jwksOf(world);
    expect(otherManagers).toHaveLength(1);
    expect(noteOf(jwksOf(world))).toEqual({
      uid: meta.uid,
      resourceVersion: meta.resourceVersion,
      generation: Number(meta.annotations[ANNOTATION.generation]),
      managers: otherManagers,
    });
  });

  const managers = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

  test('up to 32 managers one by one, the rest as one entry', () => {
    expect(foldManagers(managers(32))).toEqual(managers(32));
    const folded = foldManagers(managers(200));
    expect(folded.slice(0, 32)).toEqual(managers(32));
    expect(folded).toHaveLength(33);
    expect(folded[32]).toMatch(/^168 more\/[0-9a-f]+$/);
  });

  test('by an entry that changes with any of the rest', () => {
    const all = managers(40);
    const known = foldManagers(all).at(-1);
    for (const index of [32, 36, 39]) {
      expect(foldManagers(all.with(index, 'other')).at(-1)).not.toBe(known);
    }
    expect(foldManagers(all).at(-1)).toBe(known);
  });
});

test.each<[string, (world: World) => void, { key: boolean; kid: boolean }]>([
  ['this key', () => undefined, { key: true, kid: true }],
  [
    'another key under its kid',
    ({ hands }) =>
      hands.editJwksKeys((keys) =>
        keys.map((key) =>
          key.kid === 'k2' ? { ...fixtureJwk('other', EC_KIND), kid: 'k2' } : key,
        ),
      ),
    { key: false, kid: true },
  ],
  [
    'neither',
    ({ hands }) => hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k2')),
    { key: false, kid: false },
  ],
  [
    'nonsense',
    ({ hands }) => hands.editJwksFile('jwks.json', 'nonsense'),
    { key: false, kid: false },
  ],
])('the JWKS shows %s', (_, disturb, expected) => {
  const world = rotatedWorld();
  const key = activeOf(ledgerOf(world));
  disturb(world);
  const jwks = jwksOf(world);
  expect({ key: showsKey(jwks, key), kid: showsKid(jwks, key.kid) }).toEqual(expected);
});

test('without a JWKS no key is shown', () => {
  expect(showsKey(null, activeOf(ledgerOf(UNTOUCHED)))).toBe(false);
});

describe('the signer is what the ledger says', () => {
  const keyContent = (kid: string, changes: { x?: string } = {}): SignerContent => ({
    kind: 'Key',
    kid,
    publicJwk: { ...fixtureJwk(kid, EC_KIND), ...changes },
    keyKind: EC_KIND,
  });
  const EMPTY: SignerContent = { kind: 'Empty' };
  const BROKEN: SignerContent = { kind: 'Broken', problem: 'x' };

  test.each<[string, SignerContent, { signing: boolean; nobody: boolean }]>([
    ['the active key', keyContent('k2'), { signing: true, nobody: false }],
    ['another key', keyContent('k3'), { signing: false, nobody: false }],
    [
      'another key under its kid',
      keyContent('k2', { x: 'other' }),
      { signing: false, nobody: false },
    ],
    ['nothing', EMPTY, { signing: false, nobody: true }],
    ['what is no key', BROKEN, { signing: false, nobody: false }],
  ])('it holds %s', (_, content, expected) => {
    const { signer } = UNTOUCHED.api;
    if (signer === null) throw new Error('there is a signer');
    const ledger = ledgerOf(UNTOUCHED);
    const stopped = withKey(ledger, 'k2', { state: 'Retiring' });
    const fits = (of: Ledger) => signerFits(of, { ...signer, content });
    expect({ signing: fits(ledger), nobody: fits(stopped) }).toEqual(expected);
  });
});

function activeOf(ledger: Ledger): LedgerKey {
  const key = activeKey(ledger);
  if (key === null) throw new Error('a key signs');
  return key;
}
