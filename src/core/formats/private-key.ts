/**
 * Whether a text holds a private key, in the forms in which keys are stored: PEM, JWK, or PKCS#8, PKCS#1 or
 * SEC 1 in DER, each of them plain, in base64, or in a JSON text at any depth.
 */
import { PRIVATE_MEMBERS } from './jwk.ts';

const PEM = /PRIVATE KEY-----/;
const JSON_TEXT = /^\s*[[{]/;
/** The shortest private key, of Ed25519, has 48 bytes in DER, and a JWK has more. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{60,}/g;
/** Tools write base64 in lines of 64 or 76 digits, which may be indented. */
const LINE = /^[A-Za-z0-9+/_-]{40,}$/;
/** A run may begin in the middle of a group of four: one of these starts is that of a group. */
const GROUP = 4;
/** A text in base64 in a text in JSON in a text in base64, and so on. */
const DEPTH_MAX = 4;

/** Never throws, whatever the text. It takes time in proportion to the text, not to its nesting. */
export function holdsPrivateKey(text: string): boolean {
  return isFound(text, DEPTH_MAX);
}

function isFound(text: string, depth: number): boolean {
  if (depth === 0) return false;
  if (PEM.test(text) || isJwkText(text) || (JSON_TEXT.test(text) && isInJson(text, depth)))
    return true;
  return isInRuns(text, depth) || inLines(text).some((joined) => isInRuns(joined, depth));
}

/** What is in base64 in more than one line, each without its line breaks. */
function inLines(text: string): readonly string[] {
  const joined: string[] = [];
  let lines: string[] = [];
  for (const piece of [...text.split(/\s+/), '']) {
    if (LINE.test(piece)) {
      lines.push(piece);
      continue;
    }
    // The last one may be shorter, and padded.
    if (lines.length > 0) joined.push([...lines, piece].join(''));
    lines = [];
  }
  return joined;
}

function isInRuns(text: string, depth: number): boolean {
  for (const [run] of text.matchAll(BASE64_RUN)) {
    if (isInBase64(run, depth)) return true;
  }
  return false;
}

/** A private JWK in the middle of other text, where it cannot be parsed. */
function isJwkText(text: string): boolean {
  if (!text.includes('"kty"')) return false;
  const objects = text.match(/\{[^{}]*\}/g) ?? [];
  return objects.some((each) => each.includes('"kty"') && PRIVATE_MEMBER_TEXT.test(each));
}

const PRIVATE_MEMBER_TEXT = new RegExp(`"(?:${PRIVATE_MEMBERS.join('|')})"\\s*:`);

function isInJson(text: string, depth: number): boolean {
  const left: unknown[] = [];
  try {
    left.push(JSON.parse(text));
  } catch {
    return false;
  }
  // No recursion: a text from outside has a level of nesting for each byte.
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') {
      if (isFound(value, depth - 1)) return true;
    } else if (typeof value === 'object' && value !== null) {
      if (isPrivateJwk(value)) return true;
      left.push(...Object.values(value));
    }
  }
  return false;
}

function isPrivateJwk(value: object): boolean {
  return (
    Object.hasOwn(value, 'kty') && PRIVATE_MEMBERS.some((member) => Object.hasOwn(value, member))
  );
}

function isInBase64(run: string, depth: number): boolean {
  const digits = run.replaceAll('-', '+').replaceAll('_', '/');
  for (let start = 0; start < GROUP; start += 1) {
    // A group of one digit stands for no byte.
    const isOneLeft = (digits.length - start) % GROUP === 1;
    const bytes = Uint8Array.fromBase64(digits.slice(start, isOneLeft ? -1 : undefined));
    const isKey =
      (start === 0 && isPrivateDer(bytes)) || isFound(new TextDecoder().decode(bytes), depth - 1);
    bytes.fill(0);
    if (isKey) return true;
  }
  return false;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;

/**
 * Whether these bytes are a private key: a SEQUENCE of all of them, which begins with a version of one byte, and
 * then has a SEQUENCE (PKCS#8), a long INTEGER (PKCS#1) or an OCTET STRING (SEC 1). A public key or a certificate
 * begins otherwise.
 */
function isPrivateDer(bytes: Uint8Array): boolean {
  const [tag, first = 0] = bytes;
  const at = first < 0x80 ? 2 : 2 + (first & 0x7f);
  const length = first < 0x80 ? first : numberOfLength(bytes.subarray(2, at));
  if (tag !== SEQUENCE || bytes.length !== at + length) return false;
  const [version, versionBytes, , next, nextLength = 0] = bytes.subarray(at);
  if (version !== INTEGER || versionBytes !== 1) return false;
  if (next === INTEGER) return nextLength >= 0x80;
  return next === SEQUENCE || next === OCTET_STRING;
}

function numberOfLength(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
