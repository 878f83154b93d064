/** What a spec declares about its verifiers: how long they cache keys, and how long they trust them. */

import { VERIFIER_PRESETS, type VerifierPreset } from '../core/formats/presets.ts';
import { formatDurationMs } from '../core/formats/time.ts';
import { durationMs } from './duration-rules.ts';
import type { SigningKeySetSpec, SigningKeySetSpecVerifier } from './signing-key-set.generated.ts';

interface DeclaredCache {
  /** As a message calls it: `verifierCacheTTL`, `verifiers[gateway]`. */
  readonly label: string;
  /** C as a duration, not checked yet; empty if a verifier declares none. */
  readonly text: string;
}

/** All that count for C. If several are the largest, a message names the first. */
export function declaredCaches(spec: SigningKeySetSpec): readonly DeclaredCache[] {
  const { verifierCacheTTL, verifiers = [] } = spec;
  const listed = verifiers.map((verifier) => {
    const preset = presetOf(verifier);
    const ofPreset = preset === null ? '' : formatDurationMs(preset.cacheTtlMs);
    return { label: `verifiers[${verifier.name}]`, text: verifier.cacheTTL ?? ofPreset };
  });
  if (verifierCacheTTL === undefined) return listed;
  return [{ label: 'verifierCacheTTL', text: verifierCacheTTL }, ...listed];
}

/** C of a spec that has passed the rules. */
export function verifierCacheMs(spec: SigningKeySetSpec): number {
  return Math.max(...declaredCaches(spec).map(({ text }) => durationMs(text)));
}

/**
 * D of a spec that has passed the rules; null if a verifier trusts a key until it is restarted. A
 * declared lifetime is both C and D: a verifier that caches no longer trusts no longer.
 */
export function verifierTrustMs(spec: SigningKeySetSpec): number | null {
  const presets = (spec.verifiers ?? []).map(presetOf).filter((preset) => preset !== null);
  const endsMs = presets.map(({ trustMs }) => trustMs).filter((trustMs) => trustMs !== null);
  return endsMs.length < presets.length ? null : Math.max(verifierCacheMs(spec), ...endsMs);
}

/** Names of the verifiers that trust a key they know until they are restarted. */
export function restartToForget(spec: SigningKeySetSpec): readonly string[] {
  const holdouts = (spec.verifiers ?? []).filter((each) => presetOf(each)?.trustMs === null);
  return holdouts.map(({ name }) => name);
}

function presetOf({ preset }: SigningKeySetSpecVerifier): VerifierPreset | null {
  return preset === undefined ? null : VERIFIER_PRESETS[preset];
}
