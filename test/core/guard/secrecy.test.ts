import { describe, expect, test } from 'vitest';
import { PRIVATE_MEMBERS, publicJwkText } from '../../../src/core/formats/jwk.ts';
import { addedViolations } from '../../../src/core/guard/invariants.ts';
import { noKeyInAnnotations, noKeyLeft, noPrivateMember } from '../../../src/core/guard/secrecy.ts';
import { jwksText } from '../../../src/core/ledger/jwks-document.ts';
import type { MetadataPatch, Write } from '../../../src/core/reading/model.ts';
import { writeSignerMetadata } from '../../../src/core/stages/steps.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC } from '../../support/core-world/fixtures.ts';
import {
  jwksWrite,
  ledgerOf,
  rotatedWorld,
  signerWrite,
  situation,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const WORLD = rotatedWorld();
const EXPECTS = { uid: 'u', resourceVersion: '1' };

function annotated(text: string | null): MetadataPatch {
  return { labels: {}, annotations: { note: text } };
}

/** Every place that others can read, with a text in it. */
const PLACES: readonly [string, (text: string) => Write][] = [
  ['a file of the JWKS', (text) => jwksWrite(WORLD, { 'jwks.json': '{}', 'more.json': text })],
  ['the status', (ledger) => ({ kind: 'WriteStatus', expects: EXPECTS, status: { ledger } })],
  ['an annotation of the JWKS', (text) => ({ ...jwksWrite(WORLD, {}), metadata: annotated(text) })],
  [
    'an annotation of the signer',
    (text) => ({ ...signerWrite(WORLD, ledgerOf(WORLD)), metadata: annotated(text) }),
  ],
  [
    'an annotation of a new key Secret',
    (text) => ({
      kind: 'CreateKeySecret',
      name: 'payments-key-4',
      ordinal: 4,
      keyKind: EC_KIND,
      metadata: annotated(text),
    }),
  ],
  [
    'an annotation of a key Secret that is there',
    (text) => ({
      kind: 'PatchKeySecretMetadata',
      name: 'payments-key-3',
      expects: EXPECTS,
      metadata: annotated(text),
    }),
  ],
];

const PRIVATE = JSON.stringify({ kty: 'EC', d: 'secret' });

describe.each(PLACES)('%s', (_, writeOf) => {
  test.each<[string, string, boolean]>([
    ['a private JWK', PRIVATE, true],
    ['a private JWK in a list of keys', `{"keys":[{"kty":"EC"},${PRIVATE}]}`, true],
    ['a private JWK within a text, as in a ledger', JSON.stringify({ ledger: PRIVATE }), true],
    ['a private JWK within a list within a text', JSON.stringify({ a: ` [${PRIVATE}]` }), true],
    ['a PEM', '-----BEGIN PRIVATE KEY-----\nsecret', true],
    ['a PEM of an old form', '-----BEGIN EC PRIVATE KEY-----\nsecret', true],
    ['a public PEM', '-----BEGIN PUBLIC KEY-----\nx', false],
    ['a public JWK', publicJwkText(fixtureJwk('k1', EC_KIND)), false],
    ['a JWKS', jwksText([fixtureJwk('k1', EC_KIND)]), false],
    ['a member d of what is no key', '{"d":"a day"}', false],
    ['plain text', 'private d p q', false],
  ])('with %s', (_name, text, isRefused) => {
    const found = noPrivateMember(writeOf(text));
    expect(found.map(({ invariant }) => invariant)).toEqual(isRefused ? ['I5'] : []);
    expect(found.map(({ message }) => message).join()).not.toContain('secret');
  });
});

test.each(PRIVATE_MEMBERS)('the private member %s is found', (member) => {
  const write = jwksWrite(WORLD, { 'jwks.json': JSON.stringify({ kty: 'RSA', [member]: 'x' }) });
  expect(noPrivateMember(write)).toHaveLength(1);
});

test.each<[string, Write]>([
  [
    'an annotation is removed',
    { ...signerWrite(WORLD, ledgerOf(WORLD)), metadata: annotated(null) },
  ],
  ['an object is deleted', { kind: 'DeleteJwks', name: 'payments-jwks', expects: EXPECTS }],
])('nothing is shown if %s', (_, write) => {
  expect(noPrivateMember(write)).toEqual([]);
});

describe('the annotations of what is there', () => {
  const PEM = '-----BEGIN PRIVATE KEY-----';
  const harms: readonly [string, (world: World) => void][] = [
    ['Secret payments-signer', ({ hands }) => hands.annotateSigner('kept', PEM)],
    [
      'ConfigMap payments-jwks',
      ({ hands }) =>
        hands.editJwksMeta((meta) => ({
          ...meta,
          annotations: { ...meta.annotations, kept: PEM },
        })),
    ],
    [
      'Secret payments-key-3',
      (world) => {
        const secret = world.hands.keySecret(3);
        const annotations = { ...secret.meta.annotations, kept: PEM, other: 'x' };
        world.api.putKeySecret({ ...secret, meta: { ...secret.meta, annotations } });
      },
    ],
  ];

  test.each(harms)('a private key in one of %s is a violation, and goes at once', (name, harm) => {
    const world = rotatedWorld();
    harm(world);
    expect(noKeyInAnnotations(situation(world))).toEqual([
      { invariant: 'I5', message: `the annotation kept of ${name} holds a private key` },
    ]);
    world.settle();
    expect(noKeyInAnnotations(situation(world))).toEqual([]);
    expect(JSON.stringify([world.api.signer, world.api.jwks])).not.toContain('PRIVATE KEY');
    expect(JSON.stringify([...world.api.keySecrets.values()])).not.toContain('PRIVATE KEY');
  });

  test('the rest of the metadata is left alone', () => {
    const world = rotatedWorld();
    world.hands.annotateSigner('team', 'a');
    world.hands.annotateSigner('kept', PEM);
    world.settle();
    expect(world.api.signer?.meta.annotations).toMatchObject({ team: 'a' });
    expect(world.api.signer?.meta.annotations).not.toHaveProperty('kept');
  });

  test('no write may leave one', () => {
    const world = rotatedWorld();
    world.hands.annotateSigner('kept', PEM);
    const now = situation(world);
    const write = writeSignerMetadata(now, ledgerOf(world));
    expect(noKeyLeft(now, write)).toEqual([]);
    const careless: Write = { ...write, metadata: annotated('x') } as Write;
    expect(noKeyLeft(now, careless)).toEqual([
      {
        invariant: 'I5',
        message: 'a WriteSigner would leave a private key in the annotation kept',
      },
    ]);
    expect(addedViolations(now, careless)).toHaveLength(1);
  });

  test('a template that asks for one does not hold up the set', () => {
    const annotations = { note: PEM, team: 'a' };
    const signer = { ...FAST_SPEC.signer, annotations };
    const world = worldWith({ ...FAST_SPEC, signer });
    world.runFor(20_000);
    expect(world.signerKid).not.toBeNull();
    expect(world.api.signer?.meta.annotations).toMatchObject({ team: 'a' });
    expect(world.api.signer?.meta.annotations).not.toHaveProperty('note');
  });
});
