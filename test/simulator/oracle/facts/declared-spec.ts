/**
 * What a spec declares, read by the oracle itself: the fields as docs and CRD name them, and the defaults
 * that the CRD gives. Only whether the API would take the spec at all is the operator's word, which the
 * tests of the CRD compare with a real API server.
 */
import { decodeSigningKeySet } from '../../../../src/api/decode.ts';
import type { Terms } from '../../../../src/core/formats/spec.ts';
import { child, isObject, type JsonObject, text } from '../../../fake-api/json/json.ts';
import { goDurationMs } from '../../../fake-api/requests/go-duration.ts';
import { type DeclaredVerifier, trueTerms } from './declared-verifiers.ts';
import { kindAskedFor } from './public-keys.ts';

export interface DeclaredSpec {
  readonly terms: Terms;
  readonly intervalMs: number;
  readonly suspend: boolean;
  /** As `kindOf` names the kind of a key. */
  readonly kind: string;
  readonly signerName: string;
  readonly jwksName: string;
  readonly deletes: boolean;
  /** Names of the Deployments that the operator may restart. */
  readonly restarts: readonly string[];
}

/** @returns null if the API would not take it */
export function declaredSpec(
  object: JsonObject,
  setName: string,
  verifiers: readonly DeclaredVerifier[],
): DeclaredSpec | null {
  if (!decodeSigningKeySet(object).ok) return null;
  const spec = child(object, 'spec');
  const [timing, rotation] = [child(spec, 'timing'), child(spec, 'rotation')];
  const [signer, jwks] = [child(spec, 'signer'), child(spec, 'jwks')];
  const cacheMs = durationMs(spec, 'verifierCacheTTL', '0s');
  const terms: Terms = {
    tokenTtlMs: durationMs(spec, 'tokenTTL', ''),
    verifierCacheTtlMs: cacheMs,
    verifierTrustMs: cacheMs,
    sharedCacheTtlMs: durationMs(timing, 'sharedCacheTTL', '0s'),
    publicationDelayMs: durationMs(timing, 'publicationDelay', '3m'),
    signerRefreshDelayMs: durationMs(timing, 'signerRefreshDelay', '3m'),
    verifierLeewayMs: durationMs(timing, 'verifierLeeway', '5m'),
    clockSkewMs: durationMs(timing, 'clockSkew', '30s'),
  };
  return {
    terms: trueTerms(terms, spec, verifiers),
    intervalMs: durationMs(rotation, 'interval', '720h'),
    suspend: rotation['suspend'] === true,
    kind: kindAskedFor(
      text(spec, 'algorithm') || 'RS256',
      Number(spec['rsaModulusLength'] ?? 2048),
    ),
    signerName: text(signer, 'secretName') || `${setName}-signer`,
    jwksName: text(jwks, 'configMapName') || `${setName}-jwks`,
    deletes: spec['deletionPolicy'] === 'Delete',
    restarts: deploymentsIn(signer['restart']),
  };
}

function deploymentsIn(restart: unknown): readonly string[] {
  if (!Array.isArray(restart)) return [];
  return restart
    .filter((each): each is JsonObject => isObject(each) && each['kind'] === 'Deployment')
    .map((each) => text(each, 'name'));
}

function durationMs(object: JsonObject, field: string, byDefault: string): number {
  const ms = goDurationMs(text(object, field) || byDefault);
  if (ms === null) throw new RangeError(`${field} is no duration: ${text(object, field)}`);
  return ms;
}
