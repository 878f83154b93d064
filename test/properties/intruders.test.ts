/**
 * Principals who may write what the chart's policy lets in, at any moment of a set's life, also before it. The
 * policy is restated here, so that the operator's own definition is not asked about itself.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANNOTATION, LABEL } from '../../src/core/formats/names.ts';
import type { Spec } from '../../src/core/formats/spec.ts';
import { serializeLedger } from '../../src/core/ledger/codec.ts';
import { jwksText } from '../../src/core/ledger/jwks-document.ts';
import { formatOwner } from '../../src/core/reading/ownership.ts';
import { fixtureJwk } from '../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_TERMS, MINUTE } from '../support/core-world/fixtures.ts';
import { type Move, moved, roughLife, specArbitrary } from '../support/core-world/moves.ts';
import { ledgerOf, rotatedWorld } from '../support/core-world/states.ts';
import { type World, worldWith } from '../support/core-world/world.ts';

const EVIL = 'evil';
const RUNS = { numRuns: 40 };
const FEW_RUNS = { numRuns: 12 };
const SLOW = { timeout: 60_000 };

/** A ledger of the set, in which the intruder's key signs; or one of a version that is to come. */
const forgedLedgers = [
  serializeLedger(ledgerOf(rotatedWorld())).replaceAll('"k2"', `"${EVIL}"`),
  '{"version":999}',
  '{',
];

interface Metadata {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** What someone writes beside the data to look like the operator. */
const claims: fc.Arbitrary<Metadata> = fc
  .record({
    owner: fc.constantFrom('uid-1', 'an-earlier-uid', null),
    ledger: fc.constantFrom(...forgedLedgers, null),
    isLabelled: fc.boolean(),
  })
  .map(({ owner, ledger, isLabelled }) => ({
    labels: isLabelled
      ? { [LABEL.set]: 'payments', [LABEL.managedBy]: 'signing-key-operator' }
      : {},
    annotations: {
      ...(owner === null
        ? {}
        : { [ANNOTATION.owner]: formatOwner({ namespace: 'auth', name: 'payments', uid: owner }) }),
      ...(ledger === null ? {} : { [ANNOTATION.ledger]: ledger }),
    },
  }));

/** As the policy leaves it of a ConfigMap: it denies every name under the operator's prefix. */
function asLetIn({ labels, annotations }: Metadata): Metadata {
  const allowed = (map: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(map).filter(([name]) => !name.startsWith('signingkeys.dev/')),
    );
  return { labels: allowed(labels), annotations: allowed(annotations) };
}

type Plant = (world: World, claims: Metadata) => void;

const evilKey = { kid: EVIL, publicJwk: fixtureJwk(EVIL, EC_KIND), keyKind: EC_KIND } as const;

/** Each takes a name that is free, or frees it first as someone whom the policy exempts may. */
const plants: Readonly<Record<string, Plant>> = {
  'a ConfigMap for the JWKS': ({ api, hands }, claimed) => {
    hands.deleteJwks();
    api.jwks = {
      meta: api.newMeta('payments-jwks', asLetIn(claimed)),
      data: { 'jwks.json': jwksText([evilKey.publicJwk]) },
      hasOwnBinaryData: false,
      exposing: [],
      otherManagers: ['kubectl-create/Update/1'],
    };
  },
  // The policy lets any Secret in that has none of the operator's types, whatever it says.
  'a Secret for the signer': ({ api, hands }, claimed) => {
    hands.deleteSigner();
    api.signer = {
      meta: api.newMeta('payments-signer', claimed),
      typeFits: false,
      content: { kind: 'Key', ...evilKey },
      otherManagers: ['kubectl-create/Update/1'],
    };
  },
  'a Secret for the next key': ({ api, hands }, claimed) => {
    const ordinals = [...api.keySecrets.values()].map(({ ordinal }) => ordinal);
    hands.plantKeySecret(Math.max(0, ...ordinals) + 1, EVIL, claimed, false);
  },
};

const intrusion: fc.Arbitrary<Move> = moved(
  fc
    .tuple(fc.constantFrom(...Object.entries(plants)), claims)
    .map(([[name, plant], claimed]) => [
      `${name} ${JSON.stringify(claimed)}`,
      (world: World) => plant(world, claimed),
    ]),
);

/** The operator works; whenever it has written, nothing of the intruder's may have got in. */
function runFor(world: World, forMs: number): void {
  world.runFor(forMs);
  const believed = world.written.filter(({ step }) => {
    const { write } = step;
    const text = write.kind === 'WriteJwks' ? JSON.stringify(write.data) : '';
    const ledger = write.kind === 'WriteSigner' ? serializeLedger(write.ledger) : '';
    return `${text}${ledger}`.includes(EVIL);
  });
  expect(believed.map(({ step }) => step.reason.message)).toEqual([]);
}

/** What the set's condition asks a person to do: the intruder's objects are deleted. */
function tidyUp({ api, hands }: World, jwksUids: ReadonlySet<string>): void {
  if (api.signer?.typeFits === false) hands.deleteSigner();
  if (api.jwks !== null && jwksUids.has(api.jwks.meta.uid)) hands.deleteJwks();
  for (const [name, { typeFits }] of api.keySecrets) if (!typeFits) api.deleteKeySecret(name);
}

const calm = (last: Spec): Spec => ({
  ...last,
  terms: FAST_TERMS,
  rotation: { ...last.rotation, intervalMs: 24 * 60 * MINUTE },
});

test(
  'nothing that the policy lets in is believed, and a set gets over it once it is gone',
  SLOW,
  () => {
    const life = fc.tuple(
      fc.boolean(),
      roughLife,
      fc.array(intrusion, { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(specArbitrary, life, (spec, [isFirst, moves, intrusions]) => {
        const world = worldWith(spec);
        const order = isFirst ? [...intrusions, ...moves] : [...moves, ...intrusions];
        const planted = new Set<string>();
        for (const move of order) {
          move.make(world);
          const { jwks } = world.api;
          if (intrusions.includes(move) && jwks !== null) planted.add(jwks.meta.uid);
          runFor(world, move.forMs);
        }
        tidyUp(world, planted);
        world.skewMs = 0;
        world.settle();
        world.hands.editSpec(calm);
        runFor(world, 5 * MINUTE);
        expect(world.signerKid).not.toBeNull();
        expect(world.servedKids).toContain(world.signerKid);
        expect(world.violations()).toEqual([]);
      }),
      RUNS,
    );
  },
);

test(
  'where the policy is not installed, a copy of an unknown version beside the JWKS stops nothing',
  SLOW,
  () => {
    fc.assert(
      fc.property(
        specArbitrary,
        roughLife,
        fc.integer({ min: 3, max: 1000 }),
        (spec, moves, version) => {
          const world = worldWith(spec);
          world.settle();
          for (const { make, forMs } of moves) {
            make(world);
            world.runFor(forMs + 1);
            if (world.ledger === null || world.api.jwks === null) continue;
            world.hands.editJwksMeta((meta) => {
              const annotations = {
                ...meta.annotations,
                [ANNOTATION.ledger]: JSON.stringify({ version }),
              };
              return { ...meta, annotations };
            });
            world.settle();
          }
          world.skewMs = 0;
          world.settle();
          world.hands.editSpec(calm);
          world.runFor(5 * MINUTE);
          const conditions = world.api.set?.status?.conditions ?? [];
          expect(conditions.find(({ type }) => type === 'Ready')?.reason).toBe('Signing');
        },
      ),
      FEW_RUNS,
    );
  },
);

test(
  'whatever a set asks for, nothing on its signer asks other controllers to copy it',
  SLOW,
  () => {
    const names = [
      'kubed.appscode.com/sync',
      'synator/sync',
      'reflector.v1.k8s.emberstack.com/x',
      'team',
    ];
    const map = fc.dictionary(fc.constantFrom(...names), fc.constantFrom('', 'true', 'false'));
    const templates = fc.array(fc.record({ labels: map, annotations: map }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(specArbitrary, templates, fc.nat(40_000), (spec, wanted, forMs) => {
        const world = worldWith(spec);
        for (const template of wanted) {
          world.hands.editSpec((last) => ({ ...last, signer: { ...last.signer, ...template } }));
          world.runFor(forMs);
          world.settle();
          const { labels = {}, annotations = {} } = world.api.signer?.meta ?? {};
          const found = [...Object.keys(labels), ...Object.keys(annotations)];
          expect(found.filter((name) => names.slice(0, 3).includes(name))).toEqual([]);
          expect([labels['team'], annotations['team']]).toEqual([
            template.labels['team'],
            template.annotations['team'],
          ]);
          expect(world.signerKid).not.toBeNull();
        }
      }),
      FEW_RUNS,
    );
  },
);
