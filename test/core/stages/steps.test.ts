import { describe, expect, test } from 'vitest';
import type { EventReason } from '../../../src/core/formats/codes.ts';
import { ANNOTATION, LABEL, MANAGER } from '../../../src/core/formats/names.ts';
import { readLedger } from '../../../src/core/ledger/codec.ts';
import { basisOf } from '../../../src/core/reading/basis.ts';
import type { Write } from '../../../src/core/reading/model.ts';
import {
  basedOn,
  exactly,
  expected,
  fromKeySecret,
  guardedStep,
  isJwksMetadataStale,
  isSignerMetadataStale,
  step,
  withEvents,
} from '../../../src/core/stages/steps.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const OWNER = '{"namespace":"auth","name":"payments","uid":"uid-1"}';

/** The first write of a kind in the life of a set, and what was there before it. */
function firstWrite<K extends Write['kind']>(kind: K): Extract<Write, { kind: K }> {
  const { written } = rotatedWorld();
  const found = written.find(({ step: { write } }) => write.kind === kind);
  if (found === undefined) throw new Error(`there was no ${kind}`);
  return found.step.write as Extract<Write, { kind: K }>;
}

describe('what a write says of its object', () => {
  const OURS = { [LABEL.managedBy]: MANAGER, [LABEL.set]: 'payments' };

  test('a key Secret: its owner and its ordinal; whoever generates the key adds the public key', () => {
    const { metadata, name } = firstWrite('CreateKeySecret');
    expect(name).toBe('payments-key-1');
    expect(metadata.labels).toMatchObject(OURS);
    expect(metadata.annotations).toMatchObject({
      [ANNOTATION.owner]: OWNER,
      [ANNOTATION.ordinal]: '1',
    });
    expect(metadata.annotations).not.toHaveProperty([ANNOTATION.publicJwk]);
  });

  test('a key Secret: what the user wants on all objects of the set, from the start and later on', () => {
    const keySecrets = { labels: { 'cost-center': 'a' }, annotations: { note: 'b' } };
    const world = worldWith({ ...FAST_SPEC, keySecrets });
    world.settle();
    const meta = () => world.api.keySecrets.get('payments-key-1')?.meta;
    expect(meta()).toMatchObject(keySecrets);
    const edited = { labels: { team: 'c' }, annotations: {} };
    world.hands.editSpec((spec) => ({ ...spec, keySecrets: edited }));
    world.settle();
    expect(meta()?.labels).toMatchObject({ team: 'c', ...OURS });
    expect(meta()?.labels).not.toHaveProperty('cost-center');
    expect(meta()?.annotations).not.toHaveProperty('note');
  });

  test('the signer: the ledger that it carries is the one that is written', () => {
    const { metadata, ledger, expects } = firstWrite('WriteSigner');
    expect(expects).toBe('absent');
    expect(metadata.labels).toMatchObject(OURS);
    const text = metadata.annotations[ANNOTATION.ledger] ?? '';
    expect(readLedger(text)).toEqual({ kind: 'Ledger', ledger });
  });

  test('the JWKS: the generation 0 before there is a ledger, its copy afterwards', () => {
    const { metadata } = firstWrite('WriteJwks');
    expect(metadata.annotations).toMatchObject({
      [ANNOTATION.generation]: '0',
      [ANNOTATION.ledger]: null,
    });
    const world = rotatedWorld();
    const last = world.api.jwks?.meta.annotations ?? {};
    const copy = readLedger(last[ANNOTATION.ledger] ?? '');
    expect(copy).toMatchObject({ ledger: { generation: Number(last[ANNOTATION.generation]) } });
  });
});

test.each([
  ['nothing', undefined, 'absent'],
  [
    'an object',
    { name: 'a', uid: 'u', resourceVersion: '7', labels: {}, annotations: {} },
    { uid: 'u', resourceVersion: '7' },
  ],
] as const)('if %s was read, that very version is expected', (_, meta, result) => {
  expect(expected(meta)).toEqual(result);
  if (meta !== undefined) expect(exactly(meta)).toEqual(result);
});

test('a guarded step is judged again, a plain one is not; events are added at the end', () => {
  const write = firstWrite('WriteSigner');
  const event = (reason: EventReason) => ({ type: 'Normal', reason, message: '' }) as const;
  const guarded = guardedStep(write, { code: 'Activate', message: 'a' }, [event('KeyPending')]);
  expect(guarded.guarded).toBe(true);
  expect(step(write, 'AddKey', 'a').guarded).toBe(false);
  const told = withEvents(guarded, event('KeyActivated'), event('KeyRetired'));
  expect(told.events.map(({ reason }) => reason)).toEqual([
    'KeyPending',
    'KeyActivated',
    'KeyRetired',
  ]);
});

test('a step is based on the reading that it was computed from', () => {
  const observed = rotatedWorld().observe();
  const plain = step(firstWrite('WriteSigner'), 'AddKey', 'a');
  expect(plain.basis.signer).toBeNull();
  expect(basedOn(plain, observed).basis).toEqual(basisOf(observed));
});

test('the signer takes its values from the key’s own Secret, by name and UID', () => {
  const world = rotatedWorld();
  const [, k2] = ledgerOf(world).keys;
  if (k2 === undefined) throw new Error('there is a second key');
  const { uid } = world.hands.keySecret(2).meta;
  const source = { from: 'keySecret', kid: 'k2', name: 'payments-key-2', uid };
  expect(fromKeySecret(situation(world), k2)).toEqual(source);
  world.hands.deleteKeySecret(2);
  expect(fromKeySecret(situation(world), k2)).toBeNull();
});

describe('labels and annotations are stale', () => {
  const userLabels = (world: World) =>
    world.hands.editSpec((spec) => ({
      ...spec,
      signer: { ...spec.signer, labels: { team: 'a' } },
      jwks: { ...spec.jwks, labels: { team: 'a' } },
    }));

  test.each<[string, (world: World) => void, { signer: boolean; jwks: boolean }]>([
    ['not as they were written', () => undefined, { signer: false, jwks: false }],
    ['if the spec asks for others', userLabels, { signer: true, jwks: true }],
    [
      'of the signer, without its labels',
      ({ hands }) => hands.editSigner((s) => ({ ...s, meta: { ...s.meta, labels: {} } })),
      { signer: true, jwks: false },
    ],
    [
      'of the JWKS, without its labels',
      ({ hands }) => hands.editJwksMeta((meta) => ({ ...meta, labels: {} })),
      { signer: false, jwks: true },
    ],
    [
      'of the JWKS, without its copy',
      (world) => annotateJwks(world, ANNOTATION.ledger),
      jwksAlone(),
    ],
    [
      'of the JWKS, without its generation',
      (world) => annotateJwks(world, ANNOTATION.generation),
      jwksAlone(),
    ],
    [
      'not for a label of someone else',
      ({ hands }) =>
        hands.editJwksMeta((meta) => ({ ...meta, labels: { ...meta.labels, other: 'x' } })),
      { signer: false, jwks: false },
    ],
  ])('%s', (_, disturb, result) => {
    const world = rotatedWorld();
    disturb(world);
    const now = situation(world);
    expect({ signer: isSignerMetadataStale(now), jwks: isJwksMetadataStale(now) }).toEqual(result);
  });

  function jwksAlone() {
    return { signer: false, jwks: true };
  }

  function annotateJwks({ hands }: World, name: string): void {
    hands.editJwksMeta((meta) => {
      const { [name]: _, ...annotations } = meta.annotations;
      return { ...meta, annotations };
    });
  }

  test('not before the objects are there', () => {
    const now = situation(worldWith(FAST_SPEC));
    expect([isSignerMetadataStale(now), isJwksMetadataStale(now)]).toEqual([false, false]);
  });
});
