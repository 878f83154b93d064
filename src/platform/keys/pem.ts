/**
 * One private key as PEM (RFC 7468) with PKCS#8 inside (RFC 5208), read from bytes: no text of it is made,
 * and each copy is overwritten once it was read. No error contains any of it.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SIGNER_FILE } from '../../core/formats/names.ts';

/** What is wrong, as a clause to put after the object's name. */
export interface Problem {
  readonly problem: string;
}

/** As bytes if it comes out of a Secret; a text cannot be overwritten. */
export type Pem = Uint8Array | string;

/** More than an RSA key of 4096 bits takes, with CRLF; half of what one of 8192 bits takes. */
export const PEM_BYTES_MAX = 4096;

const HEAD = '-----BEGIN PRIVATE KEY-----';
const TAIL = '-----END PRIVATE KEY-----';

/** Exactly one block, and exactly one key in it: an issuer may read something else than the first. */
export function readPrivatePem(pem: Pem): KeyObject | Problem {
  if (pem.length > PEM_BYTES_MAX) {
    return { problem: `'${SIGNER_FILE.pem}' is larger than ${PEM_BYTES_MAX} bytes` };
  }
  const bytes = typeof pem === 'string' ? Buffer.from(pem) : Buffer.from(pem);
  try {
    const body = bodyOf(bytes);
    if (body === null) {
      return { problem: `'${SIGNER_FILE.pem}' is not one unencrypted PKCS#8 PEM private key` };
    }
    if (hidesMore(body)) {
      return { problem: `'${SIGNER_FILE.pem}' holds more than one PKCS#8 private key` };
    }
    return createPrivateKey({ key: bytes, format: 'pem', type: 'pkcs8' });
  } catch {
    // OpenSSL's own message adds nothing that may be shown.
    return { problem: `'${SIGNER_FILE.pem}' does not parse as a private key` };
  } finally {
    bytes.fill(0);
  }
}

/** The base64 between the two lines; null if there is anything else before, between or after them. */
function bodyOf(pem: Buffer): Buffer | null {
  const end = pem.indexOf(TAIL);
  if (pem.indexOf(HEAD) !== 0 || end < 0) return null;
  const body = pem.subarray(HEAD.length, end);
  const isWhole = [...pem.subarray(end + TAIL.length)].every(isLineBreak);
  const startsLine = body[0] !== undefined && isLineBreak(body[0]);
  const isBase64 = body.every((byte) => isLineBreak(byte) || BASE64_BYTES.has(byte));
  return isWhole && startsLine && isBase64 ? body : null;
}

function isLineBreak(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

const BASE64_BYTES: ReadonlySet<number> = new Set(
  Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='),
);

/** Enough base64 for tag and length of a key. */
const START_CHARACTERS = 8;

/**
 * OpenSSL reads the first SEQUENCE and ignores what follows it: its length (X.690 section 8.1.3) must be that
 * of the whole. Only the start is decoded for that.
 */
function hidesMore(body: Buffer): boolean {
  const digits = body.filter((byte) => !isLineBreak(byte) && byte !== 0x3d);
  const start = Buffer.from(String.fromCharCode(...digits.subarray(0, START_CHARACTERS)), 'base64');
  const bytes = Math.floor((digits.length * 3) / 4);
  digits.fill(0);
  const first = start[1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 2) return true;
  const length = lengthBytes === 0 ? first : start.readUIntBE(2, lengthBytes);
  return bytes > 2 + lengthBytes + length;
}
