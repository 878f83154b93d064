import { describe, expect, test } from 'vitest';
import { ANNOTATION, ORDINAL_TAKEN_MAX, REQUEST } from '../../../src/core/formats/names.ts';
import { haltOf, stallOf } from '../../../src/core/report/stall.ts';
import { FAST_SPEC } from '../../support/core-world/fixtures.ts';
import { rotatedWorld, situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const OTHERS = '{"namespace":"a","name":"b","uid":"c"}';

function told(world: World): string | null {
  const stall = stallOf(situation(world));
  return stall === null ? null : `${stall.code}: ${stall.message}`;
}

/** The first key's Secret is there, and nothing else yet. */
function firstSecretWorld(): World {
  const world = worldWith(FAST_SPEC);
  world.runPass();
  return world;
}

function breakSecret(world: World, ordinal: number): void {
  const secret = world.hands.keySecret(ordinal);
  const content = { kind: 'Broken', problem: 'no PEM' } as const;
  world.api.putKeySecret({ ...secret, content });
}

describe('what stalls a set says what to do', () => {
  test.each<[string, () => World, (world: World) => void, string | null]>([
    ['nothing does', rotatedWorld, () => undefined, null],
    [
      'a ledger of a newer operator',
      rotatedWorld,
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{"version":7}'),
      'LedgerTooNew: A newer operator wrote the ledger in the signer Secret (version 7). Upgrade ' +
        'this operator: until then it writes nothing but the status. If no newer operator has ever ' +
        'worked here, someone else wrote it: find out who changed Secret payments-signer, and remove ' +
        'its annotation signingkeys.dev/ledger.',
    ],
    [
      'a copy of a newer operator beside the JWKS, and no signer',
      rotatedWorld,
      ({ hands }) => {
        hands.editJwksMeta((meta) => {
          return {
            ...meta,
            annotations: { ...meta.annotations, [ANNOTATION.ledger]: '{"version":7}' },
          };
        });
        hands.deleteSigner();
      },
      'LedgerTooNew: A newer operator wrote the ledger in the JWKS (version 7). Upgrade this operator: ' +
        'until then it writes nothing but the status. If no newer operator has ever worked here, ' +
        'someone else wrote it: find out who changed ConfigMap payments-jwks, and remove its ' +
        'annotation signingkeys.dev/ledger.',
    ],
    [
      'a status of a newer operator',
      rotatedWorld,
      ({ api }) => {
        if (api.set === null) throw new Error('there is a set');
        api.set = { ...api.set, status: { ...api.set.status, ledger: '{"version":7}' } };
      },
      'LedgerTooNew: A newer operator wrote the ledger in the status (version 7). Upgrade this operator: ' +
        'until then it writes nothing but the status. If no newer operator has ever worked here, ' +
        'someone else wrote it: find out who changed the status, and remove its field ledger.',
    ],
    [
      'a signer of another set',
      rotatedWorld,
      ({ hands }) => hands.annotateSigner(ANNOTATION.owner, OTHERS),
      'ObjectNotOwned: Secret payments-signer belongs to the set a/b (UID c). If that set no ' +
        `longer exists, annotate this one with ${REQUEST.adopt}=c. Otherwise create this set again ` +
        'with other names in spec.signer and spec.jwks.',
    ],
    [
      'a JWKS of another set, which still lives',
      rotatedWorld,
      ({ api, hands }) => {
        api.set = api.set && { ...api.set, livingAdoptee: 'c' };
        hands.editJwksMeta((meta) => ({
          ...meta,
          annotations: { ...meta.annotations, [ANNOTATION.owner]: OTHERS },
        }));
      },
      'ObjectNotOwned: ConfigMap payments-jwks belongs to the set a/b (UID c). That set still ' +
        'exists, so its objects are not adopted. Delete it first, or create this set again with ' +
        'other names in spec.signer and spec.jwks.',
    ],
    [
      'a JWKS without an owner',
      firstSecretWorld,
      (world) => {
        world.runPass();
        world.hands.editJwksKeys(() => []);
        world.hands.editJwksMeta((meta) => ({ ...meta, labels: {}, annotations: {} }));
      },
      `ObjectNotOwned: ConfigMap payments-jwks has no ${ANNOTATION.owner} annotation of this ` +
        'set. Delete it, or create this set again with other names in spec.signer and spec.jwks.',
    ],
    [
      'a first key’s Secret without a key',
      firstSecretWorld,
      (world) => breakSecret(world, 1),
      'KeySecretBroken: Secret payments-key-1 holds no usable key (no PEM). Delete it: the ' +
        'operator then generates a new key.',
    ],
    [
      'a Secret without a key, with an ordinal that no operator gives',
      firstSecretWorld,
      (world) => {
        const { labels, annotations } = world.hands.keySecret(1).meta;
        world.hands.deleteKeySecret(1);
        world.hands.plantKeySecret(ORDINAL_TAKEN_MAX + 1, 'k9', { labels, annotations });
        breakSecret(world, ORDINAL_TAKEN_MAX + 1);
      },
      null,
    ],
    // A rotation continues without it, or creates it again.
    [
      'a Secret without a key does not stall it once there is a ledger',
      rotatedWorld,
      (world) => breakSecret(world, 1),
      null,
    ],
  ])('%s', (_, worldOf, disturb, expected) => {
    const world = worldOf();
    disturb(world);
    expect(told(world)).toBe(expected);
  });
});

test.each<[string, string | null, boolean, string | undefined]>([
  ['nothing', null, false, undefined],
  ['a step that the API server refuses', 'a policy says no', false, 'WriteRefused'],
  ['a stall, whatever was refused before it', 'a policy says no', true, 'ObjectNotOwned'],
])('what halts a set: %s', (_, refusedWrite, isForeign, expected) => {
  const world = rotatedWorld();
  if (isForeign) world.hands.annotateSigner(ANNOTATION.owner, OTHERS);
  const observed = { ...world.observe(), refusedWrite };
  expect(haltOf(situation(world, observed))?.code).toBe(expected);
});
