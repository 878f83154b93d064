import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { Condition } from '../../../src/core/formats/status.ts';
import { plan, statusOnly } from '../../../src/core/plan.ts';
import { situationOf } from '../../../src/core/reading/situation.ts';
import { conditionsOf } from '../../../src/core/report/conditions.ts';
import { FAST_SPEC, kindOfAlgorithm, SECOND } from '../../support/core-world/fixtures.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function conditions(world: World): readonly Condition[] {
  return world.api.set?.status?.conditions ?? [];
}

/** Every condition but those that report nothing special, as `Type=Status Reason`. */
function told(world: World): readonly string[] {
  const fine = new Set(['RotationOverdue=False OnTime', 'InvariantsHold=True NoneViolated']);
  return conditions(world)
    .map(({ type, status, reason }) => `${type}=${status} ${reason}`)
    .filter((text) => !fine.has(text));
}

function message(world: World, wanted: string): string {
  return conditions(world).find(({ type }) => type === wanted)?.message ?? '';
}

function settled(afterMs: number, disturb: (world: World) => void, spec = FAST_SPEC): World {
  const world = worldWith(spec);
  world.runFor(afterMs);
  disturb(world);
  world.settle();
  return world;
}

const NOTHING = () => undefined;

/** Suspended over the due time, and over what a new key would have needed since. */
function suspendedAndLate(disturb: (world: World) => void): World {
  const world = settled(0, ({ hands }) =>
    hands.editSpec((spec) => ({ ...spec, rotation: { ...spec.rotation, suspend: true } })),
  );
  world.runFor(30 * SECOND + 8 * SECOND + 60 * SECOND);
  disturb(world);
  world.settle();
  return world;
}

test.each<[string, World, readonly string[]]>([
  [
    'while the first key is being served',
    settled(0, NOTHING),
    [
      'Ready=False PublicationPending',
      'Reconciling=True PublicationPending',
      'StandbyReady=False Waiting',
    ],
  ],
  [
    'once it is served',
    settled(2 * SECOND, NOTHING),
    ['Ready=True Signing', 'StandbyReady=False Waiting'],
  ],
  [
    'once the standby is proven',
    settled(8 * SECOND, NOTHING),
    ['Ready=True Signing', 'StandbyReady=True Proven'],
  ],
  [
    'without a standby',
    settled(8 * SECOND, NOTHING, {
      ...FAST_SPEC,
      rotation: { intervalMs: 3_600_000, standby: false, suspend: false },
    }),
    ['Ready=True Signing', 'StandbyReady=False NotWanted'],
  ],
  [
    'with the clocks apart',
    settled(12 * SECOND, (world) => Object.assign(world, { skewMs: 9_000 })),
    ['Ready=True Signing', 'ClockSkew=True ClocksDisagree', 'StandbyReady=True Proven'],
  ],
  [
    'with no key left to sign',
    settled(3 * SECOND, ({ hands }) => {
      hands.deleteKeySecret(1);
      hands.deleteSigner();
    }),
    ['Ready=False NoSigningKey', 'Reconciling=True NoSigningKey', 'StandbyReady=False Waiting'],
  ],
  [
    'suspended over the due time and a lead',
    suspendedAndLate(NOTHING),
    ['Ready=True Signing', 'StandbyReady=True Proven', 'RotationOverdue=True Suspended'],
  ],
  // Neither changes that the key has signed for too long.
  [
    'suspended for as long, and a rotation requested',
    suspendedAndLate((world) => world.hands.annotate(REQUEST.rotate, 'now')),
    ['Ready=True Signing', 'StandbyReady=True Proven', 'RotationOverdue=True Suspended'],
  ],
  [
    'suspended for as long, and the algorithm changed',
    suspendedAndLate((world) =>
      world.hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm('ES384') })),
    ),
    ['Ready=True Signing', 'StandbyReady=False Waiting', 'RotationOverdue=True Suspended'],
  ],
  [
    'with a newer ledger',
    settled(12 * SECOND, ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{"version":99}')),
    [
      'Ready=False LedgerTooNew',
      'Stalled=True LedgerTooNew',
      'InvariantsHold=Unknown LedgerTooNew',
    ],
  ],
  [
    'with a signer of someone else',
    settled(12 * SECOND, ({ hands }) =>
      hands.annotateSigner(ANNOTATION.owner, '{"namespace":"a","name":"b","uid":"c"}'),
    ),
    [
      'Ready=False ObjectNotOwned',
      'Stalled=True ObjectNotOwned',
      'InvariantsHold=Unknown LedgerLost',
    ],
  ],
  [
    'with a spec that can’t be decoded',
    settled(12 * SECOND, ({ api }) => {
      api.set = api.set && {
        ...api.set,
        spec: null,
        specProblems: ['spec.tokenTTL: 1d is no duration'],
      };
    }),
    ['Ready=False InvalidSpec', 'Stalled=True InvalidSpec'],
  ],
])('%s', (_, world, expected) => {
  expect(told(world)).toEqual(expected);
});

describe('a status that the API server does not store whole', () => {
  const without = (...lostStatus: readonly string[]) => {
    const world = settled(12 * SECOND, () => undefined);
    const observed = { ...world.observe(), lostStatus };
    const { spec } = observed.set;
    if (spec === null) throw new Error('there is a spec');
    const found = conditionsOf(situationOf(observed, spec, world.nowMs), null);
    return found.find(({ type }) => type === 'CrdOutdated');
  };

  test('shows, with the fields and what to do', () => {
    expect(without('history', 'keys[].settledTime')).toMatchObject({
      status: 'True',
      reason: 'StatusPruned',
      message:
        'The API server does not store status.history, status.keys[].settledTime as this operator writes the ' +
        'status: the CustomResourceDefinition is of another version. Apply the one of this operator’s release.',
    });
  });

  test.each([
    ['says so if it is the terms, even among the fields that are only counted', ['terms']],
    ['says so if it is one of them', ['terms.verifierTrust']],
  ])('%s', (_, fields) => {
    const others = Array.from({ length: 8 }, (__, index) => `f${index}`);
    expect(without(...others, ...fields)?.message).toContain(
      'Until then, lower no term: one that is raised and lowered again before an operator reads it is forgotten',
    );
  });

  test('says nothing of the terms if they are stored', () => {
    expect(without('termsOfUse')?.message).not.toContain('lower no term');
  });

  test('shows eight of them', () => {
    const fields = Array.from({ length: 10 }, (_, index) => `f${index}`);
    expect(without(...fields)?.message).toMatch(/status\.f7 and 2 more fields as/);
  });

  test('shows only then', () => {
    expect(without()).toBeUndefined();
  });
});

describe('a message says what happened and what to do', () => {
  test.each<[string, string, (world: World) => void, string]>([
    [
      'of a newer ledger',
      'Stalled',
      ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{"version":99}'),
      'A newer operator wrote the ledger in the signer Secret (version 99). Upgrade this operator: until then it writes nothing but the status. If no newer operator has ever worked here, someone else wrote it: find out who changed Secret payments-signer, and remove its annotation signingkeys.dev/ledger.',
    ],
    [
      'of another set’s signer',
      'Stalled',
      ({ hands }) =>
        hands.annotateSigner(ANNOTATION.owner, '{"namespace":"a","name":"b","uid":"c"}'),
      'Secret payments-signer belongs to the set a/b (UID c). If that set no longer exists, annotate this one with signingkeys.dev/adopt=c. Otherwise create this set again with other names in spec.signer and spec.jwks.',
    ],
    [
      'of a template that asks for copies',
      'MetadataRefused',
      ({ hands }) =>
        hands.editSpec((spec) => ({
          ...spec,
          signer: { ...spec.signer, annotations: { 'kubed.appscode.com/sync': '', note: 'x' } },
        })),
      'spec.signer.annotations[kubed.appscode.com/sync] would ask another controller to copy Secret payments-signer, and with it the private key. The operator does not put it on the Secret; everything else goes on. Remove it, or run the operator with --allow-secret-copies.',
    ],
    [
      'of a bad spec',
      'Ready',
      ({ api }) => {
        api.set = api.set && {
          ...api.set,
          spec: null,
          specProblems: ['spec.tokenTTL: 1d is no duration'],
        };
      },
      'spec.tokenTTL: 1d is no duration. Correct the spec: until then the operator changes nothing.',
    ],
    [
      'of clocks that differ',
      'ClockSkew',
      (world) => Object.assign(world, { skewMs: 9_000 }),
      'The clocks of operator and API server differ by more than spec.timing.clockSkew (1s) plus one second. Until they agree, no gate opens and no time is recorded. Synchronize both (NTP).',
    ],
  ])('%s', (_, type, disturb, expected) => {
    expect(message(settled(12 * SECOND, disturb), type)).toBe(expected);
  });
});

test('a refused step shows next to the conditions that it leaves as they are, until no step is wanted', () => {
  const world = settled(12 * SECOND, NOTHING);
  const observed = { ...world.observe(), refusedWrite: 'update secrets: forbidden' };
  const nowMs = observed.reading.startedMs;
  const written = statusOnly(observed, nowMs)?.write;
  if (written?.kind !== 'WriteStatus') throw new Error('the status is not written');
  const texts = written.status.conditions?.map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
  );
  expect(texts?.slice(0, 2)).toEqual([
    'Ready=True Signing: Key #1 signs and is served everywhere',
    'Stalled=True WriteRefused: update secrets: forbidden',
  ]);
  // The present status does not mention a refusal, and no other step is wanted.
  expect(plan(observed, nowMs).step).toBeNull();
});

test.each<[string, string, (world: World) => void]>([
  [
    'in the JWKS',
    'NotPublished: Key #2 is not in the JWKS',
    ({ hands }) => hands.editJwksKeys((keys) => keys.slice(0, 1)),
  ],
  [
    'in its Secret',
    'NotPublished: The next key is not published yet',
    ({ hands }) => hands.deleteKeySecret(2),
  ],
])('a standby is not ready while it is not %s, although its gate is open', (_, said, disturb) => {
  const world = worldWith(FAST_SPEC);
  world.runFor(12 * SECOND);
  expect(told(world)).toContain('StandbyReady=True Proven');
  disturb(world);
  const observed = { ...world.observe(), refusedWrite: 'update secrets: forbidden' };
  const written = statusOnly(observed, observed.reading.startedMs)?.write;
  if (written?.kind !== 'WriteStatus') throw new Error('the status is not written');
  const found = written.status.conditions?.find(({ type }) => type === 'StandbyReady');
  expect(`${found?.status} ${found?.reason}: ${found?.message}`).toBe(`False ${said}`);
});

test('a refused step does not hide that an object is someone else’s', () => {
  const world = settled(12 * SECOND, ({ hands }) =>
    hands.plantKeySecret(9, 'of-others', {
      labels: {},
      annotations: { [ANNOTATION.owner]: '{"namespace":"a","name":"b","uid":"c"}' },
    }),
  );
  const observed = { ...world.observe(), refusedWrite: 'update secrets: forbidden' };
  const written = statusOnly(observed, observed.reading.startedMs)?.write;
  if (written?.kind !== 'WriteStatus') throw new Error('the status is not written');
  const types = written.status.conditions?.map(({ type }) => type);
  expect(types).toContain('Stalled');
  expect(types).toContain('ForeignObjects');
});

test('a condition keeps its time for as long as its status stays', () => {
  const world = settled(12 * SECOND, NOTHING);
  const since = conditions(world).find(({ type }) => type === 'Ready')?.lastTransitionTime;
  expect(since).toBe('2026-12-01T09:00:02Z');
  world.runFor(100 * SECOND);
  expect(conditions(world).find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe(since);
});

test('a set that nobody signs for says what became of its signing key', () => {
  const world = settled(3 * SECOND, ({ hands }) => {
    hands.deleteKeySecret(1);
    hands.deleteSigner();
  });
  expect(message(world, 'Ready')).toMatch(
    /^No key signs: the private key of key #1 is lost from the signer Secret and from its own\. The next key waits: /,
  );
});
