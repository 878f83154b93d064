/** The project's own resource, with the one rule of its CRD that compares with what is stored. */
import { decodeSigningKeySet } from '../../../src/api/decode.ts';
import { API_GROUP, API_VERSION, SET_KIND, SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { Terms } from '../../../src/core/formats/spec.ts';
import type { NotedTerms } from '../../../src/core/formats/status.ts';
import { formatDurationMs } from '../../../src/core/formats/time.ts';
import { NOTED_AS, unnotedTerms } from '../../support/unnoted-terms.ts';
import { child, isObject, type JsonObject } from '../json/json.ts';
import { customResource } from './resource-types.ts';
import type { Cause } from './status-error.ts';

export const SIGNING_KEY_SETS = customResource(API_GROUP, API_VERSION, SET_PLURAL, SET_KIND, {
  validate: (object, live) => (live === null ? [] : refusedTerms(object, live)),
});

/** A set that the operator could not decode either is let through. */
function refusedTerms(object: JsonObject, live: JsonObject): Cause[] {
  const [before, after] = [decodeSigningKeySet(live), decodeSigningKeySet(object)];
  if (!before.ok || !after.ok) return [];
  const noted: NotedTerms = child(child(live, 'status'), 'terms');
  return unnotedTerms(before.spec.terms, after.spec.terms, noted)
    .filter((name) => name !== 'verifierTrustMs' || hasPreset(live))
    .map((name) => refusal(name, before.spec.terms, after.spec.terms, noted));
}

/** Without one, D is C. */
function hasPreset(set: JsonObject): boolean {
  const { verifiers } = child(set, 'spec');
  return Array.isArray(verifiers) && verifiers.some((each) => isObject(each) && 'preset' in each);
}

/** In the API server's words; it repeats a duration as it was written, the fake in its own form. */
function refusal(name: keyof Terms, before: Terms, after: Terms, noted: NotedTerms): Cause {
  const shown = NOTED_AS[name];
  const { field, called } = wordsOf(name);
  const [was, to] = [before[name], after[name]].map((ms) =>
    ms == null ? 'Unlimited' : formatDurationMs(ms),
  );
  return {
    reason: 'FieldValueForbidden',
    field: `spec.${field}`,
    message:
      `Forbidden: ${called} was ${was} and can't be lowered to ${to} yet: the operator has not noted ` +
      `${was}, status.terms.${shown} is ${noted[shown] ?? 'missing'}. Try again in a few seconds. If ` +
      'it stays so, the operator is down, or a condition says what stops it (TermNotNoted)',
  };
}

function wordsOf(name: keyof Terms): { readonly field: string; readonly called: string } {
  const inVerifiers = 'in verifierCacheTTL and verifiers';
  switch (name) {
    case 'tokenTtlMs':
      return { field: 'tokenTTL', called: 'tokenTTL' };
    case 'verifierCacheTtlMs':
      return { field: 'verifierCacheTTL', called: `the longest cache lifetime ${inVerifiers}` };
    case 'verifierTrustMs':
      return { field: 'verifiers', called: `the longest trust ${inVerifiers}` };
    default:
      return { field: `timing.${NOTED_AS[name]}`, called: `timing.${NOTED_AS[name]}` };
  }
}
