/** The CRD's rule on the rotation interval, in the same words. */
import { formatDurationMs, parseDurationMs } from '../core/formats/time.ts';
import { type FieldError, fieldError } from './field-error.ts';
import type { SigningKeySetSpec } from './signing-key-set.generated.ts';
import { declaredCaches } from './verifiers.ts';

/**
 * I ≥ P + H + C + Ps + T + L + 3S, so that normally at most one key retires at a time
 * (docs/rotation.md). No error if one of them is not a duration at all.
 */
export function checkInterval(spec: SigningKeySetSpec): FieldError[] {
  const { interval } = spec.rotation;
  const cache = largestCache(spec);
  const intervalMs = parseDurationMs(interval);
  const neededMs = cache === null ? null : sumMs(partsOf(spec, cache));
  if (cache === null || intervalMs === null || neededMs === null) return [];
  if (intervalMs >= neededMs) return [];
  const { tokenTTL, timing } = spec;
  const message =
    `rotation.interval is ${interval}, but publicationDelay ${timing.publicationDelay} + ` +
    `sharedCacheTTL ${timing.sharedCacheTTL} + ${cache.label} ${cache.text} + signerRefreshDelay ` +
    `${timing.signerRefreshDelay} + tokenTTL ${tokenTTL} + verifierLeeway ${timing.verifierLeeway} + ` +
    `3 x clockSkew ${timing.clockSkew} add up to ${formatDurationMs(neededMs)}: write at least that`;
  return [fieldError('spec.rotation.interval', 'IntervalTooShort', interval, message)];
}

function partsOf({ tokenTTL, timing }: SigningKeySetSpec, cache: LargestCache): readonly string[] {
  const { publicationDelay, sharedCacheTTL, signerRefreshDelay, verifierLeeway, clockSkew } =
    timing;
  const skews = [clockSkew, clockSkew, clockSkew];
  const lead = [publicationDelay, sharedCacheTTL, cache.text];
  return [...lead, signerRefreshDelay, tokenTTL, verifierLeeway, ...skews];
}

/** Null if one of them is not a duration. */
function sumMs(texts: readonly string[]): number | null {
  const parts = texts.map(parseDurationMs);
  if (!parts.every((part) => part !== null)) return null;
  return parts.reduce((sum, part) => sum + part, 0);
}

interface LargestCache {
  readonly label: string;
  readonly text: string;
}

/** The first of the largest; null if there is none, or one of them is not a duration. */
function largestCache(spec: SigningKeySetSpec): LargestCache | null {
  const caches = declaredCaches(spec).map((cache) => ({
    ...cache,
    ms: parseDurationMs(cache.text),
  }));
  if (caches.some(({ ms }) => ms === null)) return null;
  const largestMs = Math.max(...caches.map(({ ms }) => ms ?? 0));
  return caches.find(({ ms }) => ms === largestMs) ?? null;
}
