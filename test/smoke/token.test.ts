import { describe, expect, test } from 'vitest';
import type { PublicJwk } from '../../src/core/formats/jwk.ts';
import { ALGORITHMS, type Algorithm, type KeyKind } from '../../src/core/formats/spec.ts';
import { createKeyMaker } from '../../src/platform/keys/key-maker.ts';
import { tokenProblem } from '../../src/smoke/token.ts';

const maker = createKeyMaker();
const { signal } = new AbortController();
const kindOf = (algorithm: Algorithm): KeyKind => ({
  algorithm,
  rsaModulusLength: /^[RP]S/.test(algorithm) ? 2048 : null,
});
const jwksOf = (...keys: readonly PublicJwk[]) => JSON.stringify({ keys });
const nowMs = Date.UTC(2026, 10, 30);

test.each(ALGORITHMS)('a token that %s signs is accepted by its JWKS', async (algorithm) => {
  const { privatePem, publicJwk } = await maker.make(kindOf(algorithm), signal);
  const other = await maker.make(kindOf('EdDSA'), signal);
  const jwksText = jwksOf(other.publicJwk, publicJwk);
  expect(await tokenProblem({ privatePem, publicJwk, jwksText, nowMs })).toBeNull();
});

describe('a token is not accepted', async () => {
  const kind = kindOf('ES256');
  const [own, other] = await Promise.all([maker.make(kind, signal), maker.make(kind, signal)]);
  const { kid } = own.publicJwk;
  test.each([
    ['without its key in the JWKS', jwksOf(other.publicJwk), /no applicable key found/],
    ['with another key under its kid', jwksOf({ ...other.publicJwk, kid }), /signature/],
    ['with no JWKS', '', /JSON/],
  ])('%s', async (_, jwksText, problem) => {
    const { privatePem, publicJwk } = own;
    const found = await tokenProblem({ privatePem, publicJwk, jwksText, nowMs });
    expect(found).toMatch(problem);
    expect(found).not.toContain(privatePem.split('\n')[1]);
  });

  test('by a key that does not fit its algorithm', async () => {
    const { privatePem } = await maker.make(kindOf('EdDSA'), signal);
    const { publicJwk } = own;
    const jwksText = jwksOf(publicJwk);
    expect(await tokenProblem({ privatePem, publicJwk, jwksText, nowMs })).not.toBeNull();
  });
});
