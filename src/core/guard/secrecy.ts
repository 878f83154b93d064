/** I5 of docs/rotation.md: no private key ends up where others can read it. */

import { PRIVATE_MEMBERS } from '../formats/jwk.ts';
import type { Write } from '../reading/model.ts';
import type { Violation } from './violation.ts';

/** Checks every text of a write that is stored outside of a Secret's data. */
export function noPrivateMember(write: Write): readonly Violation[] {
  const texts: string[] = [];
  if (write.kind === 'WriteJwks') texts.push(...Object.values(write.data));
  if (write.kind === 'WriteStatus') texts.push(JSON.stringify(write.status));
  if ('metadata' in write) {
    const annotations = Object.entries(write.metadata.annotations);
    texts.push(...annotations.flatMap(([, value]) => (value === null ? [] : [value])));
  }
  return texts.some(holdsPrivateMember)
    ? [{ invariant: 'I5', message: `a ${write.kind} would expose a private key` }]
    : [];
}

const PRIVATE_KEY_TEXT = /PRIVATE KEY-----/;
const JSON_TEXT = /^\s*[[{]/;

function holdsPrivateMember(text: string): boolean {
  if (PRIVATE_KEY_TEXT.test(text)) return true;
  try {
    return holdsPrivateKey(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Whether a JWK with a private member is in it, at any depth, or in JSON text (the ledger's copy). */
function holdsPrivateKey(value: unknown): boolean {
  if (typeof value === 'string') return JSON_TEXT.test(value) && holdsPrivateMember(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsPrivateKey);
  const isKey = Object.hasOwn(value, 'kty');
  if (isKey && PRIVATE_MEMBERS.some((member) => Object.hasOwn(value, member))) return true;
  return Object.values(value).some(holdsPrivateKey);
}
