import { describe, expect, test } from 'vitest';
import { jwksData, jwksText, keysIn, sameData } from '../../../src/core/ledger/jwks-document.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import {
  EC_KIND,
  FAST_TERMS,
  kindOfAlgorithm,
  MINUTE,
  SECOND,
} from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, withKey } from '../../support/core-world/states.ts';

const rotated = ledgerOf(rotatedWorld());

function withIssuer(issuer: string, jwksUri: string | null = null): Ledger {
  return { ...rotated, publication: { issuer, jwksUri } };
}

function withTerms(verifierCacheTtlMs: number, sharedCacheTtlMs: number): Ledger {
  const declared = { ...FAST_TERMS, verifierCacheTtlMs, sharedCacheTtlMs };
  return { ...rotated, terms: { declared, lowered: [] } };
}

function fileOf(ledger: Ledger, name: string) {
  return JSON.parse(jwksData(ledger)[name] ?? 'null');
}

describe('jwks.json', () => {
  test('shows the keys that live and are not barred, by ordinal', () => {
    expect(keysIn(jwksData(rotated)).map(({ kid }) => kid)).toEqual(['k1', 'k2', 'k3']);
    const bar = { generation: 9, reason: 'Retired', removedSeenMs: null } as const;
    const barred = withKey(rotated, 'k1', { bar });
    expect(keysIn(jwksData(barred)).map(({ kid }) => kid)).toEqual(['k2', 'k3']);
  });

  test('is formatted for people, and ends in a line break', () => {
    expect(jwksText([fixtureJwk('k1', EC_KIND)])).toMatch(
      /^\{\n {2}"keys": \[\n {4}\{\n[\s\S]*\}\n$/,
    );
  });
});

describe('serve.json: caches keep the JWKS for half of C, for H, and never for more than 5 minutes', () => {
  test.each([
    ['C 10s, H 0', 10 * SECOND, 0, { maxAgeSeconds: 5, sharedMaxAgeSeconds: 0 }],
    ['C 5s, rounded down', 5 * SECOND, 0, { maxAgeSeconds: 2, sharedMaxAgeSeconds: 0 }],
    ['C 9m, H 2m', 9 * MINUTE, 2 * MINUTE, { maxAgeSeconds: 270, sharedMaxAgeSeconds: 120 }],
    ['C 1h, H 1h', 60 * MINUTE, 60 * MINUTE, { maxAgeSeconds: 300, sharedMaxAgeSeconds: 300 }],
    ['C 10s, H 1m', 10 * SECOND, MINUTE, { maxAgeSeconds: 5, sharedMaxAgeSeconds: 5 }],
  ])('%s', (_, cacheTtlMs, sharedTtlMs, expected) => {
    expect(fileOf(withTerms(cacheTtlMs, sharedTtlMs), 'serve.json')).toEqual(expected);
  });
});

describe('openid-configuration', () => {
  const NAME = 'openid-configuration.json';

  test('is there only if the set names its issuer', () => {
    expect(Object.keys(jwksData(rotated)).sort()).toEqual(['jwks', 'jwks.json', 'serve.json']);
    expect(Object.keys(jwksData(withIssuer('https://id.example.com')))).toContain(NAME);
  });

  test.each([
    ['https://id.example.com', null, 'https://id.example.com/.well-known/jwks.json'],
    ['https://id.example.com/', null, 'https://id.example.com/.well-known/jwks.json'],
    ['https://id.example.com', 'https://cdn.example.com/k', 'https://cdn.example.com/k'],
  ])('of the issuer %s with the URI %s fetches the keys from %s', (issuer, uri, expected) => {
    expect(fileOf(withIssuer(issuer, uri), NAME)).toMatchObject({ issuer, jwks_uri: expected });
  });

  test('names the algorithms of the keys that are published, each once', () => {
    const publicJwk = fixtureJwk('k3', kindOfAlgorithm('RS256'));
    const mixed = withKey(withIssuer('https://id.example.com'), 'k3', { publicJwk });
    expect(fileOf(mixed, NAME).id_token_signing_alg_values_supported).toEqual(['RS256', 'ES256']);
  });
});

test.each([
  ['the same', { 'jwks.json': '1', 'serve.json': '2' }, true],
  ['in another order', { 'serve.json': '2', 'jwks.json': '1' }, true],
  ['another text', { 'jwks.json': '1', 'serve.json': '3' }, false],
  ['one file less', { 'jwks.json': '1' }, false],
  [
    'one file more',
    { 'jwks.json': '1', 'serve.json': '2', 'openid-configuration.json': '3' },
    false,
  ],
  ['an entry of others', { 'jwks.json': '1', 'serve.json': '2', stamp: 'platform' }, true],
  ['another name', { 'jwks.json': '1', 'serve.yaml': '2' }, false],
])('two ConfigMaps hold the same data: %s', (_, other, expected) => {
  expect(sameData({ 'jwks.json': '1', 'serve.json': '2' }, other)).toBe(expected);
});

test.each([
  ['no file', {}],
  ['nonsense', { 'jwks.json': 'nonsense' }],
  ['no array', { 'jwks.json': '{"keys":{}}' }],
])('a ConfigMap shows no key if it holds %s', (_, data) => {
  expect(keysIn(data)).toEqual([]);
});
