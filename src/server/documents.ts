/**
 * Checks the files of a JWKS folder. A file that passes is served byte for byte as it was read, so
 * it is not enough that the parsed value is good: the text must not hide anything else.
 */

import { hasMemberTwice } from '../core/encoding/json-text.ts';
import { isRecord } from '../core/formats/is-record.ts';
import {
  JWKS_BYTES_MAX,
  JWKS_FILE,
  OPENID_CONFIGURATION_FILE,
  parsePublishedJwks,
  parseServePolicy,
  SERVE_FILE,
  type ServePolicy,
} from '../core/formats/served-set.ts';
import { ALGORITHMS } from '../core/formats/spec.ts';
import { ISSUER, JWKS_URI, JWKS_URI_LENGTH_MAX, URL_LENGTH_MAX } from '../core/formats/urls.ts';

export type FileProblem = { readonly problem: string };

export interface JwksDocument {
  readonly bytes: Uint8Array;
  readonly kids: readonly string[];
}

export interface OpenidConfiguration {
  readonly bytes: Uint8Array;
  /** An https URL, as the CRD allows it for `spec.issuer`. */
  readonly issuer: string;
}

/** The files that are read, each with its maximum size. */
export const FILE_BYTES_MAX = {
  [JWKS_FILE]: JWKS_BYTES_MAX,
  [SERVE_FILE]: 4096,
  [OPENID_CONFIGURATION_FILE]: 4096,
} as const;

/** Checks `jwks.json`: one to eight public keys in the published form, and nothing else. */
export function judgeJwks(bytes: Uint8Array): JwksDocument | FileProblem {
  const text = decodeUtf8(bytes);
  if (typeof text !== 'string') return text;
  const keys = parsePublishedJwks(text);
  if ('problem' in keys) return keys;
  if (hasMemberTwice(text, parseJson(text))) return MEMBER_TWICE;
  return { bytes, kids: keys.map((key) => key.kid) };
}

/** Checks `serve.json`. */
export function judgeServePolicy(bytes: Uint8Array): ServePolicy | FileProblem {
  const text = decodeUtf8(bytes);
  if (typeof text !== 'string') return text;
  const policy = parseServePolicy(text);
  if ('problem' in policy) return policy;
  return hasMemberTwice(text, policy) ? MEMBER_TWICE : policy;
}

/** The members that the operator writes (`openidConfigurationText` in core/ledger/jwks-document.ts). */
const OPENID_MEMBERS: readonly string[] = [
  'issuer',
  'jwks_uri',
  'response_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
];

/**
 * Checks `openid-configuration.json`: the two members that a verifier looks for, the lists that OpenID
 * Connect Discovery 1.0 section 3 requires, and nothing else.
 */
export function judgeOpenidConfiguration(bytes: Uint8Array): OpenidConfiguration | FileProblem {
  const text = decodeUtf8(bytes);
  if (typeof text !== 'string') return text;
  const document = parseJson(text);
  if (!isRecord(document)) return { problem: 'it is not a JSON object' };
  const { issuer, jwks_uri: jwksUri } = document;
  if (!isUrl(issuer, ISSUER, URL_LENGTH_MAX)) {
    return { problem: 'issuer is not an https URL without query or fragment' };
  }
  if (!isUrl(jwksUri, JWKS_URI, JWKS_URI_LENGTH_MAX)) {
    return { problem: 'jwks_uri is not an https URL without fragment' };
  }
  const problem = openidListProblem(document);
  if (problem !== null) return { problem };
  if (hasMemberTwice(text, document)) return MEMBER_TWICE;
  return { bytes, issuer };
}

function openidListProblem(document: Readonly<Record<string, unknown>>): string | null {
  const strange = Object.keys(document).some((name) => !OPENID_MEMBERS.includes(name));
  if (strange) return 'it has a member that is not published';
  const { id_token_signing_alg_values_supported: algorithms = [] } = document;
  const areKnown =
    Array.isArray(algorithms) &&
    new Set(algorithms).size === algorithms.length &&
    algorithms.every((name) => (ALGORITHMS as readonly unknown[]).includes(name));
  if (!areKnown) return 'id_token_signing_alg_values_supported is not a list of algorithms';
  const { response_types_supported: types, subject_types_supported: subjects } = document;
  return isOnly(types, 'id_token') && isOnly(subjects, 'public')
    ? null
    : 'response_types_supported or subject_types_supported is not as the operator writes it';
}

/** Whether a member that may be missing is a list of this one text. */
function isOnly(value: unknown, text: string): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 1 && value[0] === text);
}

function isUrl(value: unknown, form: RegExp, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax && form.test(value);
}

const MEMBER_TWICE: FileProblem = { problem: 'it has a member twice' };

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
