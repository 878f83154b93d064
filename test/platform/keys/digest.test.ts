import { expect, test } from 'vitest';
import { sha256Base64url } from '../../../src/platform/keys/digest.ts';

// FIPS 180-4's examples, written as base64url.
test.each([
  ['', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
  ['abc', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'],
])('SHA-256 of %j', (text, digest) => {
  expect(sha256Base64url(new TextEncoder().encode(text))).toBe(digest);
});
