/**
 * The data of the JWKS ConfigMap, computed from the ledger alone. The same ledger always gives the
 * same bytes, so any other bytes are someone else's edit. A leaving key may be held back in the ledger
 * that is given here: `withHeldBack` in stages/custody.ts.
 */
import type { PublicJwk } from '../formats/jwk.ts';
import {
  JWKS_ENTRY,
  JWKS_FILE,
  MAX_AGE_MAX_SECONDS,
  OPENID_CONFIGURATION_FILE,
  OWN_FILES,
  parseJwks,
  SERVE_FILE,
  type ServePolicy,
} from '../formats/served-set.ts';
import { ALGORITHMS } from '../formats/spec.ts';
import { type Ledger, publishedKeys } from './ledger.ts';

export type JwksData = Readonly<Record<string, string>>;

/** A JWK Set (RFC 7517 section 5), pretty-printed because people read it with kubectl. */
export function jwksText(keys: readonly PublicJwk[]): string {
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}

/** All files of the ConfigMap by name. The ledger must publish at least one key. */
export function jwksData(ledger: Ledger): JwksData {
  const { issuer, jwksUri } = ledger.publication;
  const keys = publishedKeys(ledger).map((key) => key.publicJwk);
  const text = jwksText(keys);
  const files = {
    [JWKS_FILE]: text,
    [JWKS_ENTRY]: text,
    [SERVE_FILE]: `${JSON.stringify(servePolicy(ledger))}\n`,
  };
  if (issuer === null) return files;
  const uri = jwksUri ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  return {
    ...files,
    [OPENID_CONFIGURATION_FILE]: openidConfigurationText(issuer, uri, keys),
  };
}

/** Half of C: a verifier that refetches when `max-age` ends then always meets its declared C. */
function servePolicy(ledger: Ledger): ServePolicy {
  const { verifierCacheTtlMs, sharedCacheTtlMs } = ledger.terms.declared;
  const maxAgeSeconds = Math.min(MAX_AGE_MAX_SECONDS, Math.floor(verifierCacheTtlMs / 2000));
  return {
    maxAgeSeconds,
    sharedMaxAgeSeconds: Math.min(maxAgeSeconds, Math.floor(sharedCacheTtlMs / 1000)),
  };
}

/** OpenID Connect Discovery 1.0 section 3: the required members that a key set can fill in. */
function openidConfigurationText(
  issuer: string,
  jwksUri: string,
  keys: readonly PublicJwk[],
): string {
  const algorithms = ALGORITHMS.filter((name) => keys.some(({ alg }) => alg === name));
  const document = {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Whether both hold the same files of the operator's with the same bytes. Entries of others don't count. */
export function sameData(a: JwksData, b: JwksData): boolean {
  return OWN_FILES.every((name) => a[name] === b[name]);
}

/** The keys that a ConfigMap shows; empty if its `jwks.json` is missing or malformed. */
export function keysIn(data: JwksData): readonly PublicJwk[] {
  const keys = parseJwks(data[JWKS_FILE] ?? '');
  return 'problem' in keys ? [] : keys;
}
