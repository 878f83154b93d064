/** I5: what anybody may read shows no private half: ConfigMaps, statuses, annotations, events. */
import { PRIVATE_MEMBERS } from '../../../../src/core/formats/jwk.ts';
import { SET_PLURAL } from '../../../../src/core/formats/names.ts';
import { child, type Json, type JsonObject } from '../../../fake-api/json/json.ts';
import { type Change, HAND, type History } from '../../record/history.ts';
import { annotationsOf } from '../facts/documents.ts';
import type { Violation } from '../verdict/verdict.ts';

const PEM = /PRIVATE KEY-----/;
const MEMBER = new RegExp(`"(?:${PRIVATE_MEMBERS.join('|')})\\\\*"\\s*:`);

export function secrecyViolations({ changes }: History): readonly Violation[] {
  const seen = new Set<string>();
  return changes.flatMap((change) => {
    const { author, after, atMs, resource, name } = change;
    if (author === HAND || after === null) return [];
    const fresh = textsOf(change, after).filter((text) => !seen.has(text));
    for (const text of fresh) seen.add(text);
    if (!fresh.some(showsPrivateHalf)) return [];
    return [{ promise: 'I5', atMs, message: `${resource} ${name} shows a private key` }];
  });
}

function textsOf({ resource }: Change, after: JsonObject): readonly string[] {
  const annotations = strings(annotationsOf(after));
  switch (resource) {
    case 'configmaps':
      return [...annotations, ...strings(child(after, 'data'))];
    case SET_PLURAL: {
      const { ledger, ...rest } = child(after, 'status');
      return [...annotations, ...strings([ledger ?? '']), JSON.stringify(rest)];
    }
    case 'events':
      return [JSON.stringify(after)];
    default:
      return annotations;
  }
}

function strings(values: JsonObject | Json[]): readonly string[] {
  return Object.values(values).filter((value) => typeof value === 'string');
}

/** Cheap first: nearly every text has nothing that even looks like it. */
function showsPrivateHalf(text: string): boolean {
  if (PEM.test(text)) return true;
  if (!MEMBER.test(text)) return false;
  try {
    return holdsPrivateJwk(JSON.parse(text));
  } catch {
    return false;
  }
}

/** A JWK with a private member, at any depth; a text within may be JSON again. */
function holdsPrivateJwk(value: unknown): boolean {
  if (typeof value === 'string') return showsPrivateHalf(value);
  if (typeof value !== 'object' || value === null) return false;
  const isKey = Object.hasOwn(value, 'kty');
  if (isKey && PRIVATE_MEMBERS.some((member) => Object.hasOwn(value, member))) return true;
  return Object.values(value).some(holdsPrivateJwk);
}
