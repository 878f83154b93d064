/** What a spec declares about its verifiers: how long they cache keys, and how long they trust them. */

import { VERIFIER_PRESETS, type VerifierPreset } from '../core/formats/presets.ts';
import { formatDurationMs } from '../core/formats/time.ts';
import { durationMs } from './duration-rules.ts';
import type { SigningKeySetSpec, SigningKeySetSpecVerifier } from './signing-key-set.generated.ts';

interface DeclaredCache {
  /** As a message calls it: `verifierCacheTTL`, `verifiers[gateway]`. */
  readonly label: string;
  /** As a wait calls it: `spec.verifierCacheTTL`, `spec.verifiers[gateway], preset envoy`. */
  readonly field: string;
  /** C as a duration, not checked yet; empty if a verifier declares none. */
  readonly text: string;
}

/** All that count for C. If several are the largest, a message names the first. */
export function declaredCaches(spec: SigningKeySetSpec): readonly DeclaredCache[] {
  const { verifierCacheTTL, verifiers = [] } = spec;
  const listed = verifiers.map((verifier) => {
    const preset = presetOf(verifier);
    const ofPreset = preset === null ? '' : formatDurationMs(preset.cacheTtlMs);
    const label = `verifiers[${verifier.name}]`;
    return { label, field: fieldOf(verifier), text: verifier.cacheTTL ?? ofPreset };
  });
  if (verifierCacheTTL === undefined) return listed;
  const label = 'verifierCacheTTL';
  return [{ label, field: `spec.${label}`, text: verifierCacheTTL }, ...listed];
}

function fieldOf({ name, preset }: SigningKeySetSpecVerifier): string {
  const entry = `spec.verifiers[${name}]`;
  return preset === undefined ? `${entry}.cacheTTL` : `${entry}, preset ${preset}`;
}

/** A term in milliseconds, and the first field that sets it. */
interface DeclaredTerm<Value extends number | null> {
  readonly valueMs: Value;
  readonly field: string;
}

/** C of a spec that has passed the rules. */
export function verifierCache(spec: SigningKeySetSpec): DeclaredTerm<number> {
  const caches = declaredCaches(spec).map(({ field, text }) => ({
    valueMs: durationMs(text),
    field,
  }));
  return longest(caches);
}

/** The first one on a tie. */
function longest(terms: readonly DeclaredTerm<number>[]): DeclaredTerm<number> {
  return terms.reduce((most, next) => (next.valueMs > most.valueMs ? next : most));
}

/**
 * D of a spec that has passed the rules; null if a verifier trusts a key until it is restarted. A
 * declared lifetime is both C and D: a verifier that caches no longer trusts no longer.
 */
export function verifierTrust(spec: SigningKeySetSpec): DeclaredTerm<number | null> {
  const ends = (spec.verifiers ?? []).flatMap((verifier) => {
    const preset = presetOf(verifier);
    return preset === null ? [] : [{ valueMs: preset.trustMs, field: fieldOf(verifier) }];
  });
  const endless = ends.find(({ valueMs }) => valueMs === null);
  if (endless !== undefined) return endless;
  return longest([verifierCache(spec), ...ends.filter(hasEnd)]);
}

function hasEnd(term: DeclaredTerm<number | null>): term is DeclaredTerm<number> {
  return term.valueMs !== null;
}

/** Names of the verifiers that trust a key they know until they are restarted. */
export function restartToForget(spec: SigningKeySetSpec): readonly string[] {
  const holdouts = (spec.verifiers ?? []).filter((each) => presetOf(each)?.trustMs === null);
  return holdouts.map(({ name }) => name);
}

function presetOf({ preset }: SigningKeySetSpecVerifier): VerifierPreset | null {
  return preset === undefined ? null : VERIFIER_PRESETS[preset];
}
