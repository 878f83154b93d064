/** The CRD's rule on the rotation interval, in the same words. */
import { formatDurationMs, parseDurationMs } from '../core/formats/time.ts';
import { type FieldError, fieldError } from './field-error.ts';
import type { SigningKeySetSpec } from './signing-key-set.generated.ts';
import { declaredCaches } from './verifiers.ts';

/**
 * I ≥ P + H + C + Ps + T + L + 3S, so that ordinarily at most one key retires at a time
 * (docs/rotation.md). Says nothing where one of them is no duration at all.
 */
export function checkInterval(spec: SigningKeySetSpec): FieldError[] {
  const { tokenTTL, timing } = spec;
  const { publicationDelay, sharedCacheTTL, signerRefreshDelay, verifierLeeway, clockSkew } =
    timing;
  const interval = spec.rotation.interval;
  const cache = largestCache(spec);
  if (cache === null) return [];
  const parts = [
    publicationDelay,
    sharedCacheTTL,
    cache.text,
    signerRefreshDelay,
    tokenTTL,
    verifierLeeway,
    clockSkew,
    clockSkew,
    clockSkew,
  ].map(parseDurationMs);
  const intervalMs = parseDurationMs(interval);
  if (intervalMs === null || !parts.every((part) => part !== null)) return [];
  const neededMs = parts.reduce((sumMs, partMs) => sumMs + partMs, 0);
  if (intervalMs >= neededMs) return [];
  const message =
    `rotation.interval is ${interval}, but publicationDelay ${publicationDelay} + sharedCacheTTL ` +
    `${sharedCacheTTL} + ${cache.label} ${cache.text} + signerRefreshDelay ` +
    `${signerRefreshDelay} + tokenTTL ${tokenTTL} + verifierLeeway ${verifierLeeway} + 3 x ` +
    `clockSkew ${clockSkew} needs ${formatDurationMs(neededMs)}: write at least that`;
  return [fieldError('spec.rotation.interval', 'IntervalTooShort', interval, message)];
}

/** The first of the largest; null where there is none, or one of them is no duration. */
function largestCache(spec: SigningKeySetSpec): { label: string; text: string } | null {
  const caches = declaredCaches(spec).map((cache) => ({
    ...cache,
    ms: parseDurationMs(cache.text),
  }));
  if (caches.some(({ ms }) => ms === null)) return null;
  const largestMs = Math.max(...caches.map(({ ms }) => ms ?? 0));
  return caches.find(({ ms }) => ms === largestMs) ?? null;
}
