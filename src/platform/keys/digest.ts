import { createHash } from 'node:crypto';

/** SHA-256 of some bytes as unpadded base64url: 43 characters, safe within an entity tag. */
export function sha256Base64url(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
