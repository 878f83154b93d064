import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSigningKeySet } from '../../src/api/decode.ts';

/** A duration with what it means, restated: [text, seconds], or null if it is not one. */
const duration = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 7200 }).map((s) => [`${s}s`, s] as const) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }).map((m) => [`${m}m`, m * 60] as const) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 0, max: 30_000 }).map((h) => [`${h}h`, h * 3600] as const),
  },
  { weight: 1, arbitrary: fc.constantFrom(['1d', null] as const, ['', null] as const) },
);
const interval = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 90_000 }).map((s) => [`${s}s`, s] as const) },
  { weight: 1, arbitrary: duration },
);

/** What a verifier declares, and what it means in seconds, restated; null if it is rejected. */
const verifier = fc.oneof(
  { weight: 6, arbitrary: duration.map(([cacheTTL, s]) => [{ cacheTTL }, s] as const) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      [{ preset: 'jose' }, 600] as const,
      [{ preset: 'go-oidc' }, 0] as const,
      [{ preset: 'kong' }, 30] as const,
      [{ preset: 'keyfunc' }, 3600] as const,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [{}, null] as const,
      [{ preset: 'jose', cacheTTL: '1m' }, null] as const,
    ),
  },
);
const caches = fc.tuple(
  fc.oneof({ weight: 3, arbitrary: duration }, { weight: 1, arbitrary: fc.constant(undefined) }),
  fc.array(verifier, { maxLength: 3 }),
);

const h = 3600;
const within = (seconds: number | null, min: number, max: number) =>
  seconds !== null && seconds >= min && seconds <= max;

test('a spec is accepted if and only if a restatement of the rules accepts it', () => {
  const taken = { yes: 0, no: 0 };
  fc.assert(
    fc.property(
      fc.tuple(duration, interval, duration, duration, duration, duration, duration),
      caches,
      fc.constantFrom('RS256', 'PS512', 'ES256', 'EdDSA'),
      fc.constantFrom(undefined, undefined, 2048, 4096),
      ([T, I, H, P, Ps, L, S], [single, listed], algorithm, rsaModulusLength) => {
        const declared = [...(single === undefined ? [] : [single]), ...listed].map(([, s]) => s);
        const bounded =
          within(T[1], 1, 8760 * h) &&
          declared.length > 0 &&
          declared.every((s) => within(s, 0, 8760 * h)) &&
          within(I[1], 1, 26_280 * h) &&
          within(H[1], 0, 720 * h) &&
          within(P[1], 1, 24 * h) &&
          within(Ps[1], 0, 24 * h) &&
          within(L[1], 0, 24 * h) &&
          within(S[1], 0, h);
        const C = Math.max(0, ...declared.map((s) => s ?? 0));
        const sum = [P, H, Ps, T, L, S, S, S].reduce((all, [, s]) => all + (s ?? 0), C);
        const rsa = algorithm === 'RS256' || algorithm === 'PS512';
        const good = bounded && (I[1] ?? 0) >= sum && (rsa || rsaModulusLength === undefined);
        taken[good ? 'yes' : 'no'] += 1;
        const spec = {
          tokenTTL: T[0],
          ...(single === undefined ? {} : { verifierCacheTTL: single[0] }),
          verifiers: listed.map(([fields], i) => ({ name: `v${i}`, ...fields })),
          algorithm,
          rotation: { interval: I[0] },
          timing: {
            sharedCacheTTL: H[0],
            publicationDelay: P[0],
            signerRefreshDelay: Ps[0],
            verifierLeeway: L[0],
            clockSkew: S[0],
          },
          ...(rsaModulusLength === undefined ? {} : { rsaModulusLength }),
        };
        expect(decodeSigningKeySet({ metadata: { name: 'a' }, spec }).ok).toBe(good);
      },
    ),
    { numRuns: 5000 },
  );
  // A generator that only makes one of the two would prove nothing.
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(250);
});
