/** Random lives of a set for the properties: what happens, and for how long the operator then runs. */
import fc from 'fast-check';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { Spec, Terms } from '../../../src/core/formats/spec.ts';
import type { LedgerKeyState } from '../../../src/core/ledger/ledger.ts';
import { FAST_SPEC, FAST_TERMS, kindOfAlgorithm } from './fixtures.ts';
import type { World } from './world.ts';

/** Something that happens to a set, with its name for the report of a counter-example. */
export interface Move {
  readonly name: string;
  readonly forMs: number;
  readonly make: (world: World) => void;
}

const milliseconds = (maxMs: number) => fc.integer({ min: 0, max: maxMs });

export const termsArbitrary: fc.Arbitrary<Terms> = fc
  .record({
    tokenTtlMs: milliseconds(30_000),
    verifierCacheTtlMs: milliseconds(20_000),
    sharedCacheTtlMs: milliseconds(5_000),
    publicationDelayMs: milliseconds(5_000),
    signerRefreshDelayMs: milliseconds(5_000),
    verifierLeewayMs: milliseconds(3_000),
    clockSkewMs: fc.constantFrom(500, 1000, 2000),
  })
  .map((terms) => ({ ...terms, verifierTrustMs: terms.verifierCacheTtlMs }));

export const specArbitrary: fc.Arbitrary<Spec> = fc
  .record({
    terms: termsArbitrary,
    intervalMs: fc.integer({ min: 5_000, max: 60_000 }),
    standby: fc.boolean(),
  })
  .map(({ terms, intervalMs, standby }) => ({
    ...FAST_SPEC,
    terms,
    rotation: { intervalMs, standby, suspend: false },
  }));

export type Make = Move['make'];

function edit(change: (spec: Spec) => Spec): Make {
  return ({ hands }) => hands.tryToEditSpec(change);
}

/** Edits of the spec and requests: what users may do at any time. */
export const userMoves: fc.Arbitrary<readonly [string, Make]> = fc.oneof(
  fc.constant<readonly [string, Make]>(['nothing', () => undefined]),
  fc
    .tuple(termsArbitrary, fc.constantFrom(...pairsOfTerms()))
    .map(([terms, names]): readonly [string, Make] => {
      const change = Object.fromEntries(names.map((name) => [name, terms[name]]));
      return [
        `terms ${JSON.stringify(change)}`,
        edit((spec) => {
          const next = { ...spec.terms, ...change };
          return { ...spec, terms: { ...next, verifierTrustMs: next.verifierCacheTtlMs } };
        }),
      ];
    }),
  fc.constant<readonly [string, Make]>([
    'terms back',
    edit((spec) => ({ ...spec, terms: FAST_TERMS })),
  ]),
  fc
    .boolean()
    .map((standby): readonly [string, Make] => [
      `standby ${standby}`,
      edit((spec) => ({ ...spec, rotation: { ...spec.rotation, standby } })),
    ]),
  fc
    .boolean()
    .map((suspend): readonly [string, Make] => [
      `suspend ${suspend}`,
      edit((spec) => ({ ...spec, rotation: { ...spec.rotation, suspend } })),
    ]),
  fc
    .constantFrom('ES256' as const, 'RS256' as const)
    .map((algorithm): readonly [string, Make] => [
      `algorithm ${algorithm}`,
      edit((spec) => ({ ...spec, kind: kindOfAlgorithm(algorithm) })),
    ]),
  fc
    .integer({ min: 1, max: 99 })
    .map((id): readonly [string, Make] => [
      `rotate ${id}`,
      ({ hands }) => hands.annotate(REQUEST.rotate, String(id)),
    ]),
  fc
    .integer({ min: 1, max: 99 })
    .map((id): readonly [string, Make] => [
      `rollback ${id}`,
      ({ hands }) => hands.annotate(REQUEST.rollback, String(id)),
    ]),
  fc
    .constantFrom('Active' as const, 'Retiring' as const, 'Pending' as const)
    .map((state): readonly [string, Make] => [`revoke ${state}`, (world) => revoke(world, state)]),
  fc
    .constantFrom('FailClosed' as const, 'SignImmediately' as const)
    .map((onRevokeWithoutStandby): readonly [string, Make] => [
      onRevokeWithoutStandby,
      edit((spec) => ({ ...spec, onRevokeWithoutStandby })),
    ]),
);

function revoke({ hands, ledger }: World, state: LedgerKeyState): void {
  const kid = ledger?.keys.find((key) => key.state === state)?.kid;
  if (kid === undefined) return;
  hands.revoke(kid);
}

function pairsOfTerms(): (readonly (keyof Terms)[])[] {
  return [
    ['tokenTtlMs'],
    ['verifierCacheTtlMs'],
    ['publicationDelayMs', 'sharedCacheTtlMs'],
    ['signerRefreshDelayMs', 'verifierLeewayMs'],
    ['clockSkewMs'],
  ];
}

/** Harm done to the objects. Each is followed by a pass, since what nobody ever saw has no trace. */
export const harmMoves: fc.Arbitrary<readonly [string, Make]> = fc.constantFrom<
  readonly [string, Make]
>(
  ['JWKS deleted', ({ hands }) => hands.deleteJwks()],
  [
    'JWKS loses a key',
    (world) => withJwks(world, () => world.hands.editJwksKeys((keys) => keys.slice(1))),
  ],
  ['JWKS garbled', (world) => withJwks(world, () => world.hands.editJwksFile('jwks.json', '[]'))],
  [
    'JWKS relabelled',
    (world) => withJwks(world, () => world.hands.editJwksMeta((meta) => ({ ...meta, labels: {} }))),
  ],
  ['signer deleted', ({ hands }) => hands.deleteSigner()],
  [
    'ledger stripped',
    (world) => withSigner(world, () => world.hands.annotateSigner(ANNOTATION.ledger, null)),
  ],
  [
    'signer emptied',
    (world) =>
      withSigner(world, () =>
        world.hands.editSigner((signer) => ({ ...signer, content: { kind: 'Empty' } })),
      ),
  ],
  ['oldest key Secret deleted', (world) => deleteKeySecret(world, 0)],
  ['youngest key Secret deleted', (world) => deleteKeySecret(world, -1)],
  ['status wiped', ({ hands }) => hands.wipeStatus()],
);

function withJwks({ api }: World, act: () => void): void {
  if (api.jwks !== null) act();
}

function withSigner({ api }: World, act: () => void): void {
  if (api.signer !== null) act();
}

function deleteKeySecret({ api, hands }: World, index: number): void {
  const secret = [...api.keySecrets.values()].at(index);
  if (secret !== undefined) hands.deleteKeySecret(secret.ordinal);
}

/** What no promise covers, but every set must get over: old objects come back, all copies go. */
export const harshMoves: fc.Arbitrary<readonly [string, Make]> = fc.oneof(
  fc.constantFrom<readonly [string, Make]>(
    ['every key revoked', (world) => revokeAll(world)],
    ['no revocations', edit((spec) => ({ ...spec, revocations: [] }))],
    [
      'all copies lost',
      (world) => {
        world.hands.wipeStatus();
        withJwks(world, () => {
          world.hands.editJwksMeta(({ annotations, ...meta }) => {
            return { ...meta, annotations: { ...annotations, [ANNOTATION.ledger]: '' } };
          });
        });
        withSigner(world, () => world.hands.annotateSigner(ANNOTATION.ledger, null));
      },
    ],
    [
      'no Date',
      (world) => {
        world.hasDate = false;
      },
    ],
  ),
  fc.nat(400).map((at): readonly [string, Make] => [`restored from ${at}`, restoredFrom(at)]),
);

function revokeAll({ hands, ledger }: World): void {
  const kids = ledger?.keys.map(({ kid }) => kid) ?? [];
  const entries = kids.map((kid) => ({ kid, reason: 'KeyCompromise' as const }));
  hands.editSpec((spec) => ({ ...spec, revocations: [...spec.revocations, ...entries] }));
}

/** The signer, or the JWKS, or both, as they were after some write. */
function restoredFrom(at: number): Make {
  return ({ hands, snapshots }) => {
    const { signer, jwks } = snapshots[at % snapshots.length] ?? { signer: null, jwks: null };
    if (signer !== null && at % 3 !== 0) hands.restoreSigner(signer);
    if (jwks !== null && at % 3 !== 1) hands.restoreJwks(jwks);
  };
}

const clockMoves: fc.Arbitrary<readonly [string, Make]> = fc
  .integer({ min: -5000, max: 5000 })
  .map((skewMs): readonly [string, Make] => [
    `clock ${skewMs}`,
    (world) => {
      world.skewMs = skewMs;
    },
  ]);

const downMoves: fc.Arbitrary<readonly [string, Make]> = milliseconds(40_000).map(
  (forMs): readonly [string, Make] => [
    `down ${forMs}`,
    (world) => {
      world.nowMs += forMs;
    },
  ],
);

export function moved(moves: fc.Arbitrary<readonly [string, Make]>): fc.Arbitrary<Move> {
  return fc.tuple(moves, milliseconds(30_000)).map(([[name, make], forMs]) => ({
    name,
    make,
    forMs,
    toString: () => `${name}, then ${forMs} ms`,
  }));
}

export const calmLife: fc.Arbitrary<readonly Move[]> = fc.array(
  moved(fc.oneof(userMoves, clockMoves, downMoves)),
  { maxLength: 10 },
);

export const roughLife: fc.Arbitrary<readonly Move[]> = fc.array(
  moved(fc.oneof(userMoves, harmMoves, harmMoves, clockMoves, downMoves)),
  { maxLength: 10 },
);

export const harshLife: fc.Arbitrary<readonly Move[]> = fc.array(
  moved(fc.oneof(userMoves, harmMoves, harshMoves, harshMoves, clockMoves, downMoves)),
  { maxLength: 10 },
);

/** Goes through a life, the operator acting all the while. */
export function live(world: World, moves: readonly Move[]): void {
  for (const { make, forMs } of moves) {
    make(world);
    world.runFor(forMs);
  }
}
