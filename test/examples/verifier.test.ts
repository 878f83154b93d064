/**
 * The verifiers of docs/verifiers.md, with the real libraries, against the real JWKS server: what they accept,
 * whether they cache as the preset declares that the page names for them, and a rotation by that preset.
 */
import { readFileSync } from 'node:fs';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { VERIFIER_PRESETS } from '../../src/core/formats/presets.ts';
import type { Served } from '../../src/server/source.ts';
import { JWKS, startPublicPort } from '../server/public-port.ts';
import { type Language, languages } from './documented-program.ts';
import { rotate } from './rotation.ts';
import { startVerifiers } from './verifiers.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** Of a rotation, which takes 4 s on a machine at rest. */
const ROTATION_TIMEOUT_MS = 60_000;

/** The preset that the page names beside the program. */
const PRESET = { JavaScript: 'jose', Python: 'pyjwt' } as const;

interface Key {
  readonly served: Served;
  /** A token that expires this many seconds after START_MS. */
  sign(expiresInSeconds: number, kid?: string): Promise<string>;
}

async function makeKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = await exportJWK(publicKey);
  const own = await calculateJwkThumbprint(jwk);
  const text = JSON.stringify({ keys: [{ ...jwk, kid: own, alg: 'RS256', use: 'sig' }] });
  return {
    served: {
      jwks: { bytes: new TextEncoder().encode(text), kids: [own] },
      policy: { maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 },
      openidConfiguration: null,
    },
    sign: (expiresInSeconds, kid = own) =>
      new SignJWT({ sub: 'someone', exp: START_MS / 1000 + expiresInSeconds })
        .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
        .sign(privateKey),
  };
}

async function started(language: Language, { served }: Key) {
  const server = await startPublicPort(served);
  const verifiers = startVerifiers(language, `http://127.0.0.1:${server.port}${JWKS}`);
  const judge = (afterMs: number, ...tokens: readonly string[]) =>
    verifiers.judge(START_MS + afterMs, 1, tokens);
  return { server, judge };
}

describe.each(await languages())('the verifier of docs/verifiers.md in $name', (language) => {
  const preset = VERIFIER_PRESETS[PRESET[language.name]];

  test('accepts what a published key signed, within its leeway, and nothing else', async () => {
    const [own, foreign] = await Promise.all([makeKey(), makeKey()]);
    const { judge } = await started(language, own);
    const kid = own.served.jwks.kids[0];
    const good = [await own.sign(60), await own.sign(-30)];
    expect(await judge(0, ...good)).toEqual(['', '']);
    const bad = [await own.sign(-90), await foreign.sign(60, kid), await own.sign(60, 'unknown')];
    const why = await judge(0, ...bad);
    expect(why).toEqual([
      expect.stringMatching(/exp|expired/),
      expect.stringMatching(/signature/i),
      expect.stringMatching(/no applicable|Unable to find/),
    ]);
  });

  test('uses a JWKS for as long as the preset says, and not longer', async () => {
    const [old, next] = await Promise.all([makeKey(), makeKey()]);
    const { server, judge } = await started(language, old);
    const token = await old.sign(3600);
    expect(await judge(0, token)).toEqual(['']);
    server.serve(next.served);
    expect(preset.trustMs).toBe(preset.cacheTtlMs);
    expect(await judge(preset.cacheTtlMs - 1000, token)).toEqual(['']);
    expect(await judge(preset.cacheTtlMs + 1000, token)).not.toEqual(['']);
  });

  test('asks for a kid that it does not know once the cooldown of the preset is over', async () => {
    const [old, next] = await Promise.all([makeKey(), makeKey()]);
    const { server, judge } = await started(language, old);
    expect(await judge(0, await old.sign(3600))).toEqual(['']);
    server.serve(next.served);
    const token = await next.sign(3600);
    expect(await judge(preset.refetchCooldownMs - 1000, token)).not.toEqual(['']);
    expect(await judge(preset.refetchCooldownMs + 1000, token)).toEqual(['']);
  });

  test(
    'refuses no token in a rotation of a set that declares the preset',
    async () => {
      const verifiers = [{ name: 'mine', preset: PRESET[language.name] }];
      const { refused, signedBy, keys } = await rotate(language, { verifiers });
      expect(refused).toEqual([]);
      expect(keys).toMatch(/^#1 Retired, #2 Active/);
      expect(Object.keys(signedBy)).toHaveLength(2);
      for (const judged of Object.values(signedBy)) expect(judged).toBeGreaterThan(500);
    },
    ROTATION_TIMEOUT_MS,
  );

  test(
    'refuses tokens if the set declares less',
    async () => {
      const terms = { verifierCacheTTL: '0s', timing: { clockSkew: '1s' } };
      const { refused } = await rotate(language, terms);
      expect(refused.length).toBeGreaterThan(0);
    },
    ROTATION_TIMEOUT_MS,
  );
});

test('the preset is of the version of PyJWT that these tests run', () => {
  const url = new URL('../tools/python/requirements.txt', import.meta.url);
  const [, version] = /^pyjwt\[crypto\]==(\d+\.\d+)\./m.exec(readFileSync(url, 'utf8')) ?? [];
  expect(VERIFIER_PRESETS.pyjwt.verifier).toContain(`PyJWT ${version} `);
});
