/** From what the API server returns, or a file holds, to a spec with defaults, or field errors. */
import { isRecord } from '../core/formats/is-record.ts';
import { defaultJwksName, defaultSignerName } from '../core/formats/names.ts';
import type { KeyKind, ObjectTemplate, Spec, Terms } from '../core/formats/spec.ts';
import { durationMs } from './duration-rules.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { checkSetName, checkSpec, isRsa } from './rules.ts';
import { type SigningKeySetSpec, SPEC_SCHEMA } from './signing-key-set.generated.ts';
import { readStructure } from './structure.ts';
import { restartToForget, verifierCacheMs, verifierTrustMs } from './verifiers.ts';

/** What every reader of a set needs, whether or not its spec is good. Absent fields are empty. */
export interface SetMeta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  /** Whether the object is being deleted. */
  readonly deleting: boolean;
}

export interface DecodedSet {
  readonly meta: SetMeta;
  readonly spec: Spec;
  /** As it was stored, unjudged; empty where there is none. */
  readonly status: Readonly<Record<string, unknown>>;
}

export type DecodeResult =
  | { readonly ok: true; readonly set: DecodedSet }
  | {
      readonly ok: false;
      readonly errors: readonly FieldError[];
      /** For the status that says what is wrong; null where the object has no name. */
      readonly meta: SetMeta | null;
    };

/**
 * Refuses every spec that the CRD refuses, with the same sense: errors of structure first and
 * alone, as the API server does, then those of every rule.
 */
export function decodeSigningKeySet(object: unknown): DecodeResult {
  const root = isRecord(object) ? object : {};
  const meta = readMeta(root['metadata']);
  const errors: FieldError[] = [];
  if (meta === null) {
    errors.push(fieldError('metadata.name', 'Required', undefined, 'metadata.name is missing'));
  }
  const spec = readSpec(root['spec'], errors);
  if (spec === null || meta === null) return { ok: false, errors, meta };
  const broken = [...errors, ...checkSetName(meta.name), ...checkSpec(spec)];
  if (broken.length > 0) return { ok: false, errors: broken, meta };
  const status = isRecord(root['status']) ? root['status'] : {};
  return { ok: true, set: { meta, spec: toSpec(meta.name, spec), status } };
}

function readSpec(value: unknown, errors: FieldError[]): SigningKeySetSpec | null {
  if (value === undefined || value === null) {
    errors.push(fieldError('spec', 'Required', undefined, 'spec is missing: it is required'));
    return null;
  }
  const spec = readStructure(SPEC_SCHEMA, value, 'spec', errors);
  // Like the API server: a list with an item twice is of the right form, and is judged further.
  const ofRightForm = errors.every(({ code }) => code === 'Duplicate');
  return ofRightForm ? (spec as SigningKeySetSpec) : null;
}

function readMeta(value: unknown): SetMeta | null {
  const meta = isRecord(value) ? value : {};
  const text = (key: string) => (typeof meta[key] === 'string' ? meta[key] : '');
  if (text('name') === '') return null;
  const { annotations, finalizers, generation } = meta;
  return {
    namespace: text('namespace'),
    name: text('name'),
    uid: text('uid'),
    resourceVersion: text('resourceVersion'),
    generation: typeof generation === 'number' ? generation : 0,
    annotations: stringsOf(annotations),
    finalizers: Array.isArray(finalizers)
      ? finalizers.filter((each) => typeof each === 'string')
      : [],
    deleting: text('deletionTimestamp') !== '',
  };
}

/** An API server holds only strings there; a file may hold anything. */
function stringsOf(value: unknown): Record<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function toSpec(setName: string, spec: SigningKeySetSpec): Spec {
  const { rotation, signer, jwks } = spec;
  return {
    kind: toKind(spec),
    issuer: spec.issuer ?? null,
    terms: toTerms(spec),
    rotation: {
      intervalMs: durationMs(rotation.interval),
      standby: rotation.standby,
      suspend: rotation.suspend,
    },
    signer: {
      ...toTemplate(signer?.secretName ?? defaultSignerName(setName), signer),
      reload: signer?.reload ?? 'Watch',
      restart: signer?.restart ?? [],
    },
    jwks: {
      ...toTemplate(jwks?.configMapName ?? defaultJwksName(setName), jwks),
      uri: jwks?.uri ?? null,
    },
    deletionPolicy: spec.deletionPolicy,
    revocations: spec.revocations ?? [],
    onRevokeWithoutStandby: spec.onRevokeWithoutStandby,
    restartToForget: restartToForget(spec),
  };
}

/** The default is here and not in the CRD, whose rule would then refuse every set that is not RSA's. */
function toKind({ algorithm, rsaModulusLength }: SigningKeySetSpec): KeyKind {
  return { algorithm, rsaModulusLength: isRsa(algorithm) ? (rsaModulusLength ?? 2048) : null };
}

function toTerms(spec: SigningKeySetSpec): Terms {
  const { tokenTTL, timing } = spec;
  return {
    tokenTtlMs: durationMs(tokenTTL),
    verifierCacheTtlMs: verifierCacheMs(spec),
    verifierTrustMs: verifierTrustMs(spec),
    sharedCacheTtlMs: durationMs(timing.sharedCacheTTL),
    publicationDelayMs: durationMs(timing.publicationDelay),
    signerRefreshDelayMs: durationMs(timing.signerRefreshDelay),
    verifierLeewayMs: durationMs(timing.verifierLeeway),
    clockSkewMs: durationMs(timing.clockSkew),
  };
}

function toTemplate(
  name: string,
  metadata: Partial<Pick<ObjectTemplate, 'labels' | 'annotations'>> = {},
): ObjectTemplate {
  return { name, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} };
}
