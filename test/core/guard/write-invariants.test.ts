import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { judgeWrite } from '../../../src/core/guard/write-invariants.ts';
import { jwksText, keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type { Write } from '../../../src/core/reading/model.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC } from '../../support/core-world/fixtures.ts';
import {
  jwksWrite,
  ledgerOf,
  rotatedWorld,
  signerWrite,
  situation,
  switched,
  withKey,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const STRANGER = { uid: 'x', resourceVersion: '1' };
const WORKLOAD = { kind: 'Deployment', name: 'api' } as const;

type Row = readonly [string, (world: World) => Write, readonly string[]];

/** 35 s after creation: #1 is retiring, #2 signs, #3 is pending. */
function judge([, craft, expected]: Row): void {
  const world = rotatedWorld();
  const write = craft(world);
  const found = judgeWrite(situation(world), write).map(({ invariant }) => invariant);
  expect([...new Set(found)]).toEqual(expected);
}

/** The JWKS without a key. */
function unpublish(world: World, gone: string): Write {
  const keys = keysIn(world.api.jwks?.data ?? {}).filter(({ kid }) => kid !== gone);
  return jwksWrite(world, { ...world.api.jwks?.data, 'jwks.json': jwksText(keys) });
}

/** The same once the ledger bars the key. */
function unpublishBarred(world: World, gone: string): Write {
  const bar = { generation: 9, reason: 'Retired' as const, removedSeenMs: null };
  world.api.write(signerWrite(world, withKey(ledgerOf(world), gone, { bar })));
  return unpublish(world, gone);
}

function deleteJwks({ api }: World): Write {
  const { uid, resourceVersion } = api.jwks?.meta ?? STRANGER;
  return { kind: 'DeleteJwks', name: 'payments-jwks', expects: { uid, resourceVersion } };
}

function restart(world: World, listed: boolean): Write {
  const restart = listed ? [WORKLOAD] : [{ ...WORKLOAD, name: 'other' }];
  world.hands.editSpec((spec) => ({ ...spec, signer: { ...spec.signer, restart } }));
  return {
    kind: 'RestartWorkload',
    workload: WORKLOAD,
    expects: STRANGER,
    restartedFor: 'k2',
  };
}

const UNPUBLISHED: readonly Row[] = [
  ['that is not barred, though it never signed', (world) => unpublish(world, 'k3'), ['I3']],
  ['that is not barred and has signed', (world) => unpublish(world, 'k1'), ['I3']],
  ['that is barred and never signed', (world) => unpublishBarred(world, 'k3'), []],
  [
    'that is barred, while its tokens can be valid',
    (world) => unpublishBarred(world, 'k1'),
    ['I3'],
  ],
  [
    'that is barred, once its tokens have expired',
    (world) => {
      world.nowMs += 9_000;
      return unpublishBarred(world, 'k1');
    },
    [],
  ],
  [
    'that is revoked',
    (world) => {
      world.hands.revoke('k2');
      return unpublish(world, 'k2');
    },
    [],
  ],
  [
    'that is not barred, while the ledger is lost',
    (world) => {
      const write = unpublish(world, 'k3');
      world.hands.annotateSigner(ANNOTATION.ledger, null);
      return write;
    },
    ['I3'],
  ],
  [
    'that the ledger does not know',
    (world) => {
      world.hands.editJwksKeys((keys) => [...keys, fixtureJwk('other', EC_KIND)]);
      return unpublish(world, 'other');
    },
    [],
  ],
];

const OBJECTS: readonly Row[] = [
  [
    'a key Secret of the set',
    ({ hands }) => {
      const { name, ...expects } = hands.keySecret(1).meta;
      return { kind: 'DeleteKeySecret', name, expects };
    },
    [],
  ],
  ['the signer of the set', (world) => signerWrite(world, ledgerOf(world)), []],
  ['the JWKS of the set', (world) => jwksWrite(world, world.api.jwks?.data ?? {}), []],
  [
    'the set itself',
    ({ api }) => {
      const { ref, resourceVersion } = api.set ?? { ref: STRANGER, resourceVersion: '' };
      return { kind: 'WriteFinalizer', present: true, expects: { uid: ref.uid, resourceVersion } };
    },
    [],
  ],
  [
    'an object that is yet to be made',
    (world) => ({ ...jwksWrite(world, world.api.jwks?.data ?? {}), expects: 'absent' }),
    [],
  ],
  ['another Secret', () => ({ kind: 'DeleteKeySecret', name: 'other', expects: STRANGER }), ['I6']],
  [
    'a key Secret under a name of the set, whose owner is another set',
    ({ hands }) => {
      const owner = '{"namespace":"a","name":"b","uid":"c"}';
      hands.plantKeySecret(4, 'k4', { labels: {}, annotations: { [ANNOTATION.owner]: owner } });
      const { name, ...expects } = hands.keySecret(4).meta;
      return { kind: 'DeleteKeySecret', name, expects };
    },
    ['I6'],
  ],
  ['a workload that the spec lists', (world) => restart(world, true), []],
  ['a workload that the spec does not list', (world) => restart(world, false), ['I6']],
];

const EMPTIED: readonly Row[] = [
  ['it is deleted', deleteJwks, ['I7']],
  [
    'it is deleted while the ledger is lost',
    (world) => {
      world.hands.annotateSigner(ANNOTATION.ledger, null);
      return deleteJwks(world);
    },
    ['I7'],
  ],
  [
    'it is deleted in a deletion whose tokens can be valid',
    (world) => deleteIn(world, { removing: false, jwksRemovedSeenMs: null }),
    ['I7'],
  ],
  [
    'it is deleted in a deletion whose tokens have expired',
    (world) => deleteIn(world, { removing: true, jwksRemovedSeenMs: null }),
    [],
  ],
  [
    'it shows no key',
    (world) => jwksWrite(world, { ...world.api.jwks?.data, 'jwks.json': jwksText([]) }),
    ['I7', 'I3'],
  ],
  ['its file is missing', (world) => jwksWrite(world, {}), ['I7', 'I3']],
];

function deleteIn(world: World, deletion: { removing: boolean; jwksRemovedSeenMs: null }): Write {
  const ledger = ledgerOf(world);
  const generation = ledger.generation + 1;
  world.api.write(signerWrite(world, { ...ledger, generation, deletion }));
  return deleteJwks(world);
}

describe('a write', () => {
  test.each(UNPUBLISHED)('takes a key out of the JWKS %s', (...row) => judge(row));
  test.each(OBJECTS)('changes %s', (...row) => judge(row));
  test.each(EMPTIED)('leaves no JWKS: %s', (...row) => judge(row));

  test.each<Row>([
    [
      'that shows a private member in the JWKS',
      (world) => {
        const text = JSON.stringify({ keys: [{ kty: 'EC', d: 'secret' }] });
        return jwksWrite(world, { ...world.api.jwks?.data, 'more.json': text });
      },
      ['I5'],
    ],
    [
      'that shows a PEM in an annotation',
      (world) => {
        const write = signerWrite(world, ledgerOf(world));
        const note = '-----BEGIN PRIVATE KEY-----';
        return { ...write, metadata: { labels: {}, annotations: { note } } };
      },
      ['I5'],
    ],
    [
      'whose ledger breaks an invariant',
      (world) => signerWrite(world, switched(ledgerOf(world), 'k3')),
      ['I2'],
    ],
  ])('%s', (...row) => judge(row));
});

test('a set that never signed may lose its JWKS', () => {
  const world = worldWith(FAST_SPEC);
  while (world.servedKids === null) world.runPass();
  expect(judgeWrite(situation(world), deleteJwks(world))).toEqual([]);
});
