/** Base64url (RFC 4648 section 5) as JWK uses it: without padding, and each value in one form only. */

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * @returns the bytes; null if the text is empty, has other characters or padding, or ends in bits that
 * no byte has (then several texts would stand for the same bytes).
 */
export function bytesOfBase64url(text: string): Uint8Array | null {
  const rest = text.length % 4;
  if (!BASE64URL.test(text) || rest === 1) return null;
  const padded = rest === 0 ? text : text + '='.repeat(4 - rest);
  try {
    return Uint8Array.fromBase64(padded, { alphabet: 'base64url', lastChunkHandling: 'strict' });
  } catch {
    return null;
  }
}

/** The number of big-endian bytes; at least one. */
export function numberOfBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex()}`);
}
