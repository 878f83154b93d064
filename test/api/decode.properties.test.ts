import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSigningKeySet } from '../../src/api/decode.ts';

/** A duration with what it means, restated: [text, seconds], or null where it is none. */
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

const h = 3600;
const within = (seconds: number | null, min: number, max: number) =>
  seconds !== null && seconds >= min && seconds <= max;

test('a spec is taken if and only if a restatement of the rules takes it', () => {
  const taken = { yes: 0, no: 0 };
  fc.assert(
    fc.property(
      fc.tuple(duration, duration, interval, duration, duration, duration, duration, duration),
      fc.constantFrom('RS256', 'PS512', 'ES256', 'EdDSA'),
      fc.constantFrom(undefined, undefined, 2048, 4096),
      ([T, C, I, H, P, Ps, L, S], algorithm, rsaModulusLength) => {
        const bounded =
          within(T[1], 1, 8760 * h) &&
          within(C[1], 0, 8760 * h) &&
          within(I[1], 1, 26_280 * h) &&
          within(H[1], 0, 720 * h) &&
          within(P[1], 1, 24 * h) &&
          within(Ps[1], 0, 24 * h) &&
          within(L[1], 0, 24 * h) &&
          within(S[1], 0, h);
        const sum = [P, H, C, Ps, T, L, S, S, S].reduce((all, [, s]) => all + (s ?? 0), 0);
        const rsa = algorithm === 'RS256' || algorithm === 'PS512';
        const good = bounded && (I[1] ?? 0) >= sum && (rsa || rsaModulusLength === undefined);
        taken[good ? 'yes' : 'no'] += 1;
        const spec = {
          tokenTTL: T[0],
          verifierCacheTTL: C[0],
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
