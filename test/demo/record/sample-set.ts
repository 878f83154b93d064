/** The sample set that the demo runs, and the terms that it declares. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseDurationMs } from '../../../src/core/formats/time.ts';

export interface SampleSet {
  readonly path: string;
  readonly namespace: string;
  readonly name: string;
  readonly signerName: string;
  readonly jwksName: string;
  readonly terms: SampleTerms;
}

/** Under the letters that the rotation page gives them. */
export interface SampleTerms {
  readonly tokenTtlMs: number;
  readonly verifierCacheTtlMs: number;
  readonly publicationDelayMs: number;
  readonly signerRefreshDelayMs: number;
  readonly verifierLeewayMs: number;
  readonly clockSkewMs: number;
  readonly intervalMs: number;
}

/** Reads the manifest. Throws if a term that the demo needs is missing or is no duration. */
export function readSampleSet(path: string): SampleSet {
  const manifest: unknown = parse(readFileSync(path, 'utf8'));
  const durationMs = (...at: readonly string[]): number => {
    const text = member(manifest, ['spec', ...at]);
    const value = parseDurationMs(text);
    if (value === null) throw new Error(`${path}: spec.${at.join('.')} is "${text}", no duration`);
    return value;
  };
  const text = (...at: readonly string[]) => member(manifest, at);
  const name = text('metadata', 'name');
  return {
    path,
    name,
    namespace: text('metadata', 'namespace') || 'default',
    signerName: text('spec', 'signer', 'secretName') || `${name}-signer`,
    jwksName: text('spec', 'jwks', 'configMapName') || `${name}-jwks`,
    terms: {
      tokenTtlMs: durationMs('tokenTTL'),
      verifierCacheTtlMs: durationMs('verifierCacheTTL'),
      publicationDelayMs: durationMs('timing', 'publicationDelay'),
      signerRefreshDelayMs: durationMs('timing', 'signerRefreshDelay'),
      verifierLeewayMs: durationMs('timing', 'verifierLeeway'),
      clockSkewMs: durationMs('timing', 'clockSkew'),
      intervalMs: durationMs('rotation', 'interval'),
    },
  };
}

/** A text somewhere in a parsed manifest; empty if there is none. */
function member(value: unknown, at: readonly string[]): string {
  let found = value;
  for (const name of at) {
    if (typeof found !== 'object' || found === null) return '';
    found = (found as Record<string, unknown>)[name];
  }
  return typeof found === 'string' ? found : '';
}
