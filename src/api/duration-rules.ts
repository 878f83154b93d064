/** The CRD's rules on single durations, in the same words. */
import { parseDurationMs } from '../core/formats/time.ts';
import { type FieldError, fieldError } from './field-error.ts';
import type { SigningKeySetSpec } from './signing-key-set.generated.ts';

interface DurationRule {
  readonly path: string;
  /** Undefined if it is optional and missing. */
  readonly read: (spec: SigningKeySetSpec) => string | undefined;
  readonly min: string;
  readonly max: string;
}

export const DURATION_RULES: readonly DurationRule[] = [
  { path: 'tokenTTL', read: (spec) => spec.tokenTTL, min: '1s', max: '8760h' },
  { path: 'verifierCacheTTL', read: (spec) => spec.verifierCacheTTL, min: '0s', max: '8760h' },
  // The largest sum that the other bounds allow is below the largest interval.
  { path: 'rotation.interval', read: (spec) => spec.rotation.interval, min: '1s', max: '26280h' },
  {
    path: 'timing.sharedCacheTTL',
    read: (spec) => spec.timing.sharedCacheTTL,
    min: '0s',
    max: '720h',
  },
  {
    // Not 0s: the deadline of a write is half the lead of a new key, and this is part of it.
    path: 'timing.publicationDelay',
    read: (spec) => spec.timing.publicationDelay,
    min: '1s',
    max: '24h',
  },
  {
    path: 'timing.signerRefreshDelay',
    read: (spec) => spec.timing.signerRefreshDelay,
    min: '0s',
    max: '24h',
  },
  {
    path: 'timing.verifierLeeway',
    read: (spec) => spec.timing.verifierLeeway,
    min: '0s',
    max: '24h',
  },
  { path: 'timing.clockSkew', read: (spec) => spec.timing.clockSkew, min: '0s', max: '1h' },
];

/** One error for each text that is not a duration, or out of its bounds. */
export function checkDurations(spec: SigningKeySetSpec): FieldError[] {
  return DURATION_RULES.flatMap(({ path, read, min, max }) => {
    const text = read(spec);
    const remedy = text === undefined ? null : durationRemedy(text, min, max);
    if (remedy === null) return [];
    return [fieldError(`spec.${path}`, 'InvalidDuration', text, `${path} is '${text}': ${remedy}`)];
  });
}

/** What to write instead; null if the text is a duration within its bounds. */
export function durationRemedy(text: string, min: string, max: string): string | null {
  const ms = parseDurationMs(text);
  if (ms !== null && ms >= durationMs(min) && ms <= durationMs(max)) return null;
  const days = /^([0-9]{1,5})d$/.exec(text);
  return days === null
    ? `write a duration from ${min} to ${max}, in h, m, s or ms, such as 1h30m`
    : `days are not a unit, write ${Number(days[1]) * 24}h`;
}

/** Reads a duration that has passed the rules. */
export function durationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null) throw new Error(`'${text}' is not a duration, though it passed the rules`);
  return ms;
}
