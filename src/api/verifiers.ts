/** What a spec declares of its verifiers: how long they cache, and how long they trust. */

import { VERIFIER_PRESETS, type VerifierPreset } from '../core/formats/presets.ts';
import { formatDurationMs } from '../core/formats/time.ts';
import { durationMs } from './duration-rules.ts';
import type { SigningKeySetSpec, SigningKeySetSpecVerifier } from './signing-key-set.generated.ts';

interface DeclaredCache {
  /** As a message calls it: `verifierCacheTTL`, `verifiers[gateway]`. */
  readonly label: string;
  /** C as a duration, not judged yet; empty where a verifier declares none. */
  readonly text: string;
}

/** All that count for C. Of several largest ones a message names the first. */
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

/** C of a spec that has been judged. */
export function verifierCacheMs(spec: SigningKeySetSpec): number {
  return Math.max(...declaredCaches(spec).map(({ text }) => durationMs(text)));
}

/**
 * D of a spec that has been judged; null where one trusts a key until it is restarted. A declared
 * lifetime is both C and D: who caches no longer than that trusts no longer.
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
