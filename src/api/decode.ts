/** From an object of the API server, or of a file, to a spec with defaults, or to field errors. */
import { isRecord } from '../core/formats/is-record.ts';
import { defaultJwksName, defaultSignerName } from '../core/formats/names.ts';
import type {
  KeyKind,
  ObjectMetadata,
  ObjectTemplate,
  Spec,
  TermFields,
  Terms,
} from '../core/formats/spec.ts';
import { durationMs } from './duration-rules.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { checkSetName, checkSpec, isRsa } from './rules.ts';
import { type SigningKeySetSpec, SPEC_SCHEMA } from './signing-key-set.generated.ts';
import { readStructure } from './structure.ts';
import { restartToForget, verifierCache, verifierTrust } from './verifiers.ts';

export type DecodeResult =
  | { readonly ok: true; readonly spec: Spec }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/**
 * Rejects every spec that the CRD rejects, for the same reasons: errors of structure first and
 * alone, as the API server does, then those of every rule.
 */
export function decodeSigningKeySet(object: unknown): DecodeResult {
  const root = isRecord(object) ? object : {};
  const name = nameIn(root['metadata']);
  const errors: FieldError[] = [];
  if (name === null) {
    errors.push(fieldError('metadata.name', 'Required', undefined, 'metadata.name is missing'));
  }
  const spec = readSpec(root['spec'], errors);
  if (spec === null || name === null) return { ok: false, errors };
  const broken = [...errors, ...checkSetName(name), ...checkSpec(spec)];
  return broken.length > 0 ? { ok: false, errors: broken } : { ok: true, spec: toSpec(name, spec) };
}

function nameIn(metadata: unknown): string | null {
  const name = isRecord(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' && name !== '' ? name : null;
}

function readSpec(value: unknown, errors: FieldError[]): SigningKeySetSpec | null {
  if (value === undefined || value === null) {
    errors.push(fieldError('spec', 'Required', undefined, 'spec is missing: it is required'));
    return null;
  }
  const spec = readStructure(SPEC_SCHEMA, value, 'spec', errors);
  // Like the API server: a list that repeats an item has the right form, and is checked further.
  const ofRightForm = errors.every(({ code }) => code === 'Duplicate');
  return ofRightForm ? (spec as SigningKeySetSpec) : null;
}

function toSpec(setName: string, spec: SigningKeySetSpec): Spec {
  const { rotation, signer, jwks, objects } = spec;
  return {
    kind: toKind(spec),
    issuer: spec.issuer ?? null,
    terms: toTerms(spec),
    termFields: toTermFields(spec),
    rotation: {
      intervalMs: durationMs(rotation.interval),
      standby: rotation.standby,
      suspend: rotation.suspend,
    },
    signer: {
      ...toTemplate(signer?.secretName ?? defaultSignerName(setName), objects, signer),
      reload: signer?.reload ?? 'Watch',
      restart: signer?.restart ?? [],
    },
    jwks: {
      ...toTemplate(jwks?.configMapName ?? defaultJwksName(setName), objects, jwks),
      uri: jwks?.uri ?? null,
    },
    keySecrets: mergedMetadata(objects),
    deletionPolicy: spec.deletionPolicy,
    revocations: spec.revocations ?? [],
    onRevokeWithoutStandby: spec.onRevokeWithoutStandby,
    restartToForget: restartToForget(spec),
  };
}

/** The default is here and not in the CRD: there its own rule would reject every set without RSA. */
function toKind({ algorithm, rsaModulusLength }: SigningKeySetSpec): KeyKind {
  return { algorithm, rsaModulusLength: isRsa(algorithm) ? (rsaModulusLength ?? 2048) : null };
}

function toTerms(spec: SigningKeySetSpec): Terms {
  const { tokenTTL, timing } = spec;
  return {
    tokenTtlMs: durationMs(tokenTTL),
    verifierCacheTtlMs: verifierCache(spec).valueMs,
    verifierTrustMs: verifierTrust(spec).valueMs,
    sharedCacheTtlMs: durationMs(timing.sharedCacheTTL),
    publicationDelayMs: durationMs(timing.publicationDelay),
    signerRefreshDelayMs: durationMs(timing.signerRefreshDelay),
    verifierLeewayMs: durationMs(timing.verifierLeeway),
    clockSkewMs: durationMs(timing.clockSkew),
  };
}

function toTermFields(spec: SigningKeySetSpec): TermFields {
  return {
    tokenTtlMs: 'spec.tokenTTL',
    verifierCacheTtlMs: verifierCache(spec).field,
    verifierTrustMs: verifierTrust(spec).field,
    sharedCacheTtlMs: 'spec.timing.sharedCacheTTL',
    publicationDelayMs: 'spec.timing.publicationDelay',
    signerRefreshDelayMs: 'spec.timing.signerRefreshDelay',
    verifierLeewayMs: 'spec.timing.verifierLeeway',
    clockSkewMs: 'spec.timing.clockSkew',
  };
}

type GivenMetadata = Partial<ObjectMetadata> | undefined;

function toTemplate(name: string, ...metadata: readonly GivenMetadata[]): ObjectTemplate {
  return { name, ...mergedMetadata(...metadata) };
}

/** The later of two values counts. */
function mergedMetadata(...metadata: readonly GivenMetadata[]): ObjectMetadata {
  return {
    labels: Object.assign({}, ...metadata.map((each) => each?.labels)),
    annotations: Object.assign({}, ...metadata.map((each) => each?.annotations)),
  };
}
