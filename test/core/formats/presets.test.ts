import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VERIFIER_PRESETS, type VerifierPreset } from '../../../src/core/formats/presets.ts';
import { formatDurationMs } from '../../../src/core/formats/time.ts';

const PAGE = readFileSync(new URL('../../../docs/verifiers.md', import.meta.url), 'utf8');
const PRESETS: readonly (readonly [string, VerifierPreset])[] = Object.entries(VERIFIER_PRESETS);

/** A row of the page's table of presets. */
function row([name, preset]: readonly [string, VerifierPreset]): string {
  const { verifier, cacheTtlMs, refetchCooldownMs, trustMs, whileEndpointIsDown, source } = preset;
  return [
    `\`${name}\``,
    verifier,
    `\`${formatDurationMs(cacheTtlMs)}\``,
    refetchCooldownMs === null ? '–' : `\`${formatDurationMs(refetchCooldownMs)}\``,
    trustMs === null ? '**restart**' : `\`${formatDurationMs(trustMs)}\``,
    whileEndpointIsDown,
    source,
  ].join(' | ');
}

test('docs/verifiers.md lists exactly the presets of the code', () => {
  const table = /\n\| preset \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/.exec(PAGE)?.[1] ?? '';
  expect(table.trim().split('\n')).toEqual(PRESETS.map((preset) => `| ${row(preset)} |`));
});

test('no preset trusts a key for less time than it caches it', () => {
  const short = PRESETS.filter(
    ([, { cacheTtlMs, trustMs }]) => trustMs !== null && trustMs < cacheTtlMs,
  );
  expect(short.map(([name]) => name)).toEqual([]);
});

test('if keys are kept until a restart, C is the cooldown of the refetch', () => {
  const forEver = PRESETS.filter(([, { trustMs }]) => trustMs === null);
  expect(forEver.map(([name]) => name).sort()).toEqual([
    'authlib',
    'go-oidc',
    'kong',
    'kube-apiserver',
    'spring-reactive',
  ]);
  for (const [, preset] of forEver) expect(preset.cacheTtlMs).toBe(preset.refetchCooldownMs);
});
