/** Secrets and ConfigMaps as anyone might write them, and what the operator makes of each: trusted or not. */
import fc from 'fast-check';
import { ANNOTATION, LABEL, REQUEST, SECRET_TYPE } from '../../src/core/formats/names.ts';
import { serializeLedger } from '../../src/core/ledger/codec.ts';
import { jwksText } from '../../src/core/ledger/jwks-document.ts';
import { readLedgers } from '../../src/core/reading/ledgers.ts';
import type { Observed, ObservedKeySecret, ObservedSigner } from '../../src/core/reading/model.ts';
import {
  formatOwner,
  isProtectedConfigMap,
  isProtectedSecret,
} from '../../src/core/reading/ownership.ts';
import { situationOf } from '../../src/core/reading/situation.ts';
import { fixtureJwk } from '../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC } from '../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld } from '../support/core-world/states.ts';

export interface Drawn {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /** Of a Secret. */
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The key in it; null if it holds none. */
  readonly kid?: string | null;
  /** Others that manage its fields. */
  readonly managers?: readonly string[];
  /** Whether the set that reads it has a status, which knows k1 to k3, and asks to adopt the set `far`. */
  readonly reader?: { readonly hasStatus: boolean; readonly adopts: boolean };
}

const world = rotatedWorld();
const observed = world.observe();
const { ref } = observed.set;
const LEDGER = serializeLedger(ledgerOf(world));

/** Each of several, or none. */
function some(entries: Readonly<Record<string, readonly string[]>>) {
  const optional = Object.entries(entries).map(([name, values]) =>
    fc.option(fc.constantFrom(...values), { nil: null }).map((value) => [name, value] as const),
  );
  return fc
    .tuple(...optional)
    .map((pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== null)));
}

const labels = some({
  [LABEL.set]: [ref.name, 'other', ''],
  [LABEL.managedBy]: ['signing-key-operator'],
  'signingkeys.dev.example.com/set': [ref.name],
  team: ['a'],
}) as fc.Arbitrary<Record<string, string>>;

const annotations = some({
  [ANNOTATION.owner]: [
    formatOwner(ref),
    formatOwner({ ...ref, uid: 'an-earlier-one' }),
    formatOwner({ namespace: 'old', name: 'keys', uid: 'far' }),
    'nonsense',
  ],
  [ANNOTATION.ledger]: [LEDGER, LEDGER.replaceAll('"k3"', '"evil"'), '{"version":999}', 'nonsense'],
  [ANNOTATION.generation]: ['1', '9007199254740991'],
  [ANNOTATION.publicJwk]: ['{}'],
  'signingkeys.dev/to-come': ['x'],
  'x-signingkeys.dev/owner': [formatOwner(ref)],
}) as fc.Arbitrary<Record<string, string>>;

const common = {
  labels,
  annotations,
  kid: fc.constantFrom('k1', 'evil', null),
  managers: fc.constantFrom([], ['kubectl/Update/2026-01-01T00:00:00Z'], ['untracked']),
  reader: fc.record({ hasStatus: fc.boolean(), adopts: fc.boolean() }),
};

/** Most of them have nothing of ours: else hardly any would be let in. */
const sparse = (drawn: fc.Arbitrary<Drawn>) =>
  fc.oneof(
    drawn,
    fc.tuple(drawn, fc.boolean(), fc.boolean()).map(([object, bare, unlabelled]) => ({
      ...object,
      ...(bare ? { annotations: {} } : {}),
      ...(unlabelled ? { labels: { team: 'a' } } : {}),
    })),
  );

export const drawnConfigMap: fc.Arbitrary<Drawn> = sparse(
  fc.record({
    kind: fc.constant('ConfigMap' as const),
    name: fc.constantFrom('payments-jwks', 'any', 'kube-root-ca.crt', 'coredns', 'cacerts'),
    ...common,
  }),
);

export const drawnSecret: fc.Arbitrary<Drawn> = sparse(
  fc.record({
    kind: fc.constant('Secret' as const),
    name: fc.constantFrom(
      ...['payments-signer', 'payments-key-1', 'any', 'bootstrap-token-abcdef'],
      ...['x-token-abcde', 'sh.helm.release.v1.x.v1', 'coredns'],
    ),
    type: fc.constantFrom(SECRET_TYPE.key, SECRET_TYPE.signer, 'Opaque', 'signingkeys.dev/other'),
    ...common,
  }),
);

/** As one would post it. */
export function manifestOf(drawn: Drawn): Record<string, unknown> {
  const { kind, name, type, labels = {}, annotations = {} } = drawn;
  const metadata = { name, labels, annotations };
  const holds = kind === 'Secret' ? { type, stringData: { kid: drawn.kid ?? '' } } : {};
  return {
    apiVersion: 'v1',
    kind,
    metadata,
    ...(kind === 'Secret' ? holds : { data: dataOf(drawn) }),
  };
}

function dataOf({ kid }: Drawn): Record<string, string> {
  return kid == null ? {} : { 'jwks.json': jwksText([fixtureJwk(kid, EC_KIND)]) };
}

/** What the operator says of it, whichever of its roles the object would have. */
export function isProtected(drawn: Drawn): boolean {
  const meta = metaOf(drawn);
  if (drawn.kind === 'ConfigMap') return isProtectedConfigMap({ meta });
  return [SECRET_TYPE.key, SECRET_TYPE.signer].some((type) =>
    isProtectedSecret({ meta, typeFits: drawn.type === type }),
  );
}

function metaOf({ name, labels = {}, annotations = {} }: Drawn) {
  return { name, uid: 'u-drawn', resourceVersion: '7', labels, annotations };
}

/**
 * Whether the operator would believe anything in it: a ledger, or a key that is no other object's. The set is one
 * that gives the object's name to its signer or its JWKS, or whose key Secret it would be.
 */
export function isTrusted(drawn: Drawn): boolean {
  const { hasStatus, adopts } = drawn.reader ?? { hasStatus: false, adopts: false };
  const status = hasStatus ? observed.set.status : null;
  const asked = adopts ? { [REQUEST.adopt]: 'far' } : {};
  const reader = { ...observed.set, status, annotations: asked };
  return readings(drawn).some((found) => {
    const ledgers = readLedgers({
      signer: found.signer?.meta.annotations[ANNOTATION.ledger],
      status: status?.ledger,
      jwks: found.jwks?.meta.annotations[ANNOTATION.ledger],
    });
    const spec = { ...FAST_SPEC };
    const seen: Observed = { ...observed, set: reader, ...found, ledgers };
    const situation = situationOf(seen, spec, observed.reading.startedMs);
    const { signer, jwks, keySecrets, ownership } = situation;
    const believed = [situation.ledgers.signer, situation.ledgers.jwks].some(
      (read) => read !== null,
    );
    const jwksBelieved = jwks !== null && ownership.jwks !== 'Unmarked';
    return believed || signer !== null || jwksBelieved || keySecrets.length > 0;
  });
}

type Found = Pick<Observed, 'signer' | 'jwks' | 'keySecrets'>;
const NOTHING: Found = { signer: null, jwks: null, keySecrets: [] };

function readings(drawn: Drawn): readonly Found[] {
  const meta = metaOf(drawn);
  const otherManagers = drawn.managers ?? [];
  if (drawn.kind === 'ConfigMap') {
    const jwks = {
      meta,
      data: dataOf(drawn),
      hasOwnBinaryData: false,
      exposing: [],
      otherManagers,
    };
    return [{ ...NOTHING, jwks }];
  }
  const { type, kid = null } = drawn;
  const key =
    kid === null
      ? null
      : ({ kind: 'Key', kid, publicJwk: fixtureJwk(kid, EC_KIND), keyKind: EC_KIND } as const);
  const signer: ObservedSigner = {
    meta,
    typeFits: type === SECRET_TYPE.signer,
    content: key ?? { kind: 'Empty' },
    otherManagers,
  };
  const keySecret: ObservedKeySecret = {
    meta,
    typeFits: type === SECRET_TYPE.key,
    ordinal: 1,
    content: key === null ? { kind: 'Broken', problem: 'none' } : { ...key, kidIsThumbprint: true },
  };
  return [
    { ...NOTHING, signer },
    { ...NOTHING, keySecrets: [keySecret] },
  ];
}
