/**
 * Checks the files of a JWKS folder. A file that passes is served byte for byte as it was read, so
 * it is not enough that the parsed value is good: the text must not hide anything else.
 */
import { PRIVATE_MEMBERS } from '../core/formats/jwk.ts';
import {
  JWKS_BYTES_MAX,
  JWKS_FILE,
  OPENID_CONFIGURATION_FILE,
  parseJwks,
  parseServePolicy,
  SERVE_FILE,
  type ServePolicy,
} from '../core/formats/served-set.ts';

export type FileProblem = { readonly problem: string };

export interface JwksDocument {
  readonly bytes: Uint8Array;
  readonly kids: readonly string[];
}

export interface OpenidConfiguration {
  readonly bytes: Uint8Array;
  /** As it is written there; not empty, and otherwise not checked. */
  readonly issuer: string;
}

/** The files that are read, each with its maximum size. */
export const FILE_BYTES_MAX = {
  [JWKS_FILE]: JWKS_BYTES_MAX,
  [SERVE_FILE]: 4096,
  [OPENID_CONFIGURATION_FILE]: 65_536,
} as const;

/** Checks `jwks.json`: RFC 7517, at least one key, public members only. */
export function judgeJwks(bytes: Uint8Array): JwksDocument | FileProblem {
  const text = decodeUtf8(bytes);
  if (typeof text !== 'string') return text;
  const keys = parseJwks(text);
  if ('problem' in keys) return keys;
  const hidden = findHidden(text);
  if (hidden !== null) return hidden;
  return { bytes, kids: keys.map((key) => key.kid) };
}

/** Checks `serve.json`. */
export function judgeServePolicy(bytes: Uint8Array): ServePolicy | FileProblem {
  const text = decodeUtf8(bytes);
  return typeof text === 'string' ? parseServePolicy(text) : text;
}

/**
 * Checks `openid-configuration.json`: an object with the two members that a verifier looks for
 * (OpenID Connect Discovery 1.0 section 3). Its other members are up to the issuer.
 */
export function judgeOpenidConfiguration(bytes: Uint8Array): OpenidConfiguration | FileProblem {
  const text = decodeUtf8(bytes);
  if (typeof text !== 'string') return text;
  const document = parseJson(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { problem: 'it is not a JSON object' };
  }
  const { issuer, jwks_uri: jwksUri } = document as Record<string, unknown>;
  if (!isText(issuer)) return { problem: 'issuer is missing' };
  if (!isText(jwksUri)) return { problem: 'jwks_uri is missing' };
  return findHidden(text) ?? { bytes, issuer };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/**
 * Looks for what `JSON.parse` does not show or a strict reader skips: a private member anywhere, and a
 * member that is there twice, whose first value (it may be a private key) is dropped silently.
 */
function findHidden(text: string): FileProblem | null {
  let members = 0;
  // No recursion: the text is untrusted, and a level of nesting costs it only one byte.
  const left: unknown[] = [parseJson(text)];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, member] of Object.entries(value)) {
      if ((PRIVATE_MEMBERS as readonly string[]).includes(name)) {
        return { problem: `it has the private member '${name}'` };
      }
      if (!Array.isArray(value)) members++;
      left.push(member);
    }
  }
  // Outside strings, JSON has exactly one colon for each member that is written.
  const written = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  return written === members ? null : { problem: 'it has a member twice' };
}

function decodeUtf8(bytes: Uint8Array): string | FileProblem {
  try {
    // A byte order mark is kept, so that the file is rejected: RFC 8259 section 8.1 forbids one, and
    // the bytes are served as they are.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { problem: 'it is not UTF-8' };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
