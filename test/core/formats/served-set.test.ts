import { describe, expect, test } from 'vitest';
import {
  JWKS_BYTES_MAX,
  parseJwks,
  parsePublishedJwks,
  parseServePolicy,
} from '../../../src/core/formats/served-set.ts';
import { jwksData, jwksText, keysIn, sameData } from '../../../src/core/ledger/jwks-document.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const KEYS = ['a', 'b'].map((kid) => fixtureJwk(kid, EC_KIND));
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => fixtureJwk(`k${index}`, EC_KIND));

describe('jwks.json', () => {
  test('is read as it was written', () => {
    expect(parseJwks(jwksText(KEYS))).toEqual(KEYS);
    expect(parseJwks(jwksText(many(8)))).toHaveLength(8);
  });

  test.each([
    ['', `it is not a JSON object with an array 'keys'`],
    ['[]', `it is not a JSON object with an array 'keys'`],
    ['{"keys":{}}', `it is not a JSON object with an array 'keys'`],
    ['{"keys":[]}', 'it has no keys'],
    [jwksText(many(9)), 'it has 9 keys, more than 8'],
    [jwksText([...KEYS, ...KEYS]), 'keys[2]: its kid appears twice'],
    ['{"keys":[{"kty":"EC","d":"x"}]}', `keys[0]: a key has the private member 'd'`],
    [' '.repeat(JWKS_BYTES_MAX + 1), `it is larger than ${JWKS_BYTES_MAX} bytes`],
    // Two bytes each in UTF-8.
    [`"${'é'.repeat(JWKS_BYTES_MAX / 2)}"`, `it is larger than ${JWKS_BYTES_MAX} bytes`],
  ])('%.40j is refused', (text, problem) => {
    expect(parseJwks(text)).toEqual({ problem });
    expect(parsePublishedJwks(text)).toEqual({ problem });
  });

  test.each<[string, object, string]>([
    [
      'in a key',
      { keys: [{ ...KEYS[0], x5c: ['MII'] }] },
      'keys[0]: a key has a member that is not published',
    ],
    ['besides the keys', { keys: KEYS, note: '' }, `it has a member besides 'keys'`],
  ])('may have a member more for a verifier, but is not published: %s', (_, document, problem) => {
    const text = JSON.stringify(document);
    expect(parseJwks(text)).toHaveProperty([0, 'kid'], 'a');
    expect(parsePublishedJwks(text)).toEqual({ problem });
  });
});

const MAX_AGE_PROBLEM = 'maxAgeSeconds is not a whole number from 0 to 300';
const SHARED_PROBLEM = 'sharedMaxAgeSeconds is not a whole number from 0 to maxAgeSeconds';

describe('serve.json', () => {
  test('is read as it was written', () => {
    const policy = { maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 };
    expect(parseServePolicy(JSON.stringify(policy))).toEqual(policy);
  });

  test.each([
    ['', 'it is not a JSON object'],
    ['[]', 'it is not a JSON object'],
    ['{}', MAX_AGE_PROBLEM],
    ['{"maxAgeSeconds":1.5}', MAX_AGE_PROBLEM],
    ['{"maxAgeSeconds":301,"sharedMaxAgeSeconds":0}', MAX_AGE_PROBLEM],
    ['{"maxAgeSeconds":9007199254740991,"sharedMaxAgeSeconds":0}', MAX_AGE_PROBLEM],
    ['{"maxAgeSeconds":1,"sharedMaxAgeSeconds":-1}', SHARED_PROBLEM],
    ['{"maxAgeSeconds":1,"sharedMaxAgeSeconds":2}', SHARED_PROBLEM],
    [
      '{"maxAgeSeconds":1,"sharedMaxAgeSeconds":0,"note":"x"}',
      'it has a member that is not published',
    ],
    [' '.repeat(1025), 'it is larger than 1024 bytes'],
  ])('%j is refused', (text, problem) => {
    expect(parseServePolicy(text)).toEqual({ problem });
  });
});

describe('the data of the ConfigMap', () => {
  const world = rotatedWorld();
  const ledger = ledgerOf(world);

  test('is a function of the ledger: every published key, and how to cache', () => {
    const data = jwksData(ledger);
    expect(keysIn(data).map(({ kid }) => kid)).toEqual(['k1', 'k2', 'k3']);
    // Half of C, 5 s, in whole seconds.
    expect(data['serve.json']).toBe('{"maxAgeSeconds":2,"sharedMaxAgeSeconds":0}\n');
    expect(Object.keys(data)).toEqual(['jwks.json', 'jwks', 'serve.json']);
    expect(data['jwks']).toBe(data['jwks.json']);
    expect(sameData(data, world.api.jwks?.data ?? {})).toBe(true);
  });

  test.each([
    [20_000, 0, 10, 0],
    [20_000, 60_000, 10, 10],
    [7_200_000, 60_000, 300, 60],
  ])('C %d ms and H %d ms are cached for %d s and shared for %d s', (C, H, maxAge, shared) => {
    const declared = { ...ledger.terms.declared, verifierCacheTtlMs: C, sharedCacheTtlMs: H };
    const data = jwksData({ ...ledger, terms: { ...ledger.terms, declared } });
    expect(JSON.parse(data['serve.json'] ?? '')).toEqual({
      maxAgeSeconds: maxAge,
      sharedMaxAgeSeconds: shared,
    });
  });

  test.each([
    ['https://a.example', null, 'https://a.example/.well-known/jwks.json'],
    ['https://a.example/', null, 'https://a.example/.well-known/jwks.json'],
    ['https://a.example', 'https://b.example/keys', 'https://b.example/keys'],
  ])('issuer %s and uri %s point to %s', (issuer, jwksUri, uri) => {
    const data = jwksData({ ...ledger, publication: { issuer, jwksUri } });
    expect(JSON.parse(data['openid-configuration.json'] ?? '')).toEqual({
      issuer,
      jwks_uri: uri,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
  });
});
