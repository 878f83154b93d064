import { describe, expect, test } from 'vitest';
import { jwksData } from '../../src/core/ledger/jwks-document.ts';
import {
  judgeJwks,
  judgeOpenidConfiguration,
  judgeServePolicy,
} from '../../src/server/documents.ts';
import { ledgerOf, rotatedWorld } from '../support/core-world/states.ts';
import { makeKey, OPENID_JSON, SERVE_JSON } from './fixtures.ts';

const one = makeKey('payments-1');
const two = makeKey('payments-2');
const bytesOf = (text: string) => new TextEncoder().encode(text);
const set = (...keys: readonly object[]) => JSON.stringify({ keys });
const publicOne = JSON.stringify(one.publicJwk);
const pem = '-----BEGIN PRIVATE KEY-----';
const STRANGE = 'keys[0]: a key has a member that is not published';
const NO_POINT = 'keys[0]: the key is not a point of its curve';
const NO_ISSUER = 'issuer is not an https URL without query or fragment';
const NO_URI = 'jwks_uri is not an https URL without fragment';
const ALGS = 'id_token_signing_alg_values_supported is not a list of algorithms';

function rsaOf(bytes: number): object {
  const n = Buffer.alloc(bytes, 0xff).toString('base64url');
  return { kty: 'RSA', n, e: 'AQAB', kid: 'r', alg: 'RS256', use: 'sig' };
}

function openid(changes: object): string {
  return JSON.stringify({ ...JSON.parse(WRITTEN), ...changes });
}

/** By the operator, for a set with an issuer. */
const WRITTEN =
  jwksData({
    ...ledgerOf(rotatedWorld()),
    publication: { issuer: 'https://a.example', jwksUri: null },
  })['openid-configuration.json'] ?? '';

describe('jwks.json', () => {
  test.each([
    ['one key', set(one.publicJwk), ['payments-1']],
    ['two keys', set(one.publicJwk, two.publicJwk), ['payments-1', 'payments-2']],
    ['indented', JSON.stringify({ keys: [one.publicJwk] }, null, 2), ['payments-1']],
  ])('is served: %s', (_, text, kids) => {
    expect(judgeJwks(bytesOf(text))).toEqual({ bytes: bytesOf(text), kids });
  });

  const { d } = one.privateJwk;
  test.each([
    ['empty file', '', `it is not a JSON object with an array 'keys'`],
    ['no key', set(), 'it has no keys'],
    ['torn', set(one.publicJwk).slice(0, -9), `it is not a JSON object with an array 'keys'`],
    [
      'byte order mark',
      `\ufeff${set(one.publicJwk)}`,
      `it is not a JSON object with an array 'keys'`,
    ],
    ['one kid twice', set(one.publicJwk, one.publicJwk), 'keys[1]: its kid appears twice'],
    ['private key', set(one.privateJwk), `keys[0]: a key has the private member 'd'`],
    [
      'private next to the keys',
      `{"keys":[${publicOne}],"d":"${d}"}`,
      `it has a member besides 'keys'`,
    ],
    ['private, nested', set({ ...one.publicJwk, x5: [{ p: d }] }), STRANGE],
    ['private, escaped', `{"keys":[${publicOne}],"\\u0064":1}`, `it has a member besides 'keys'`],
    ['a PEM under any name', set({ ...one.publicJwk, note: pem }), STRANGE],
    ['a certificate', set({ ...one.publicJwk, x5c: ['MII'] }), STRANGE],
    ['a PEM as a kid', set({ ...one.publicJwk, kid: pem }), 'keys[0]: kid is missing or malformed'],
    ['no key', set({ ...one.publicJwk, y: one.publicJwk['x'] }), NO_POINT],
    ['RSA of 512 bits', set(rsaOf(64)), 'keys[0]: the modulus has not 2048 to 4096 bits'],
    ['RSA of 8192 bits', set(rsaOf(1024)), 'keys[0]: the modulus has not 2048 to 4096 bits'],
    [
      'private key in a member that is overridden',
      `{"keys":[${JSON.stringify(one.privateJwk)}],"keys":[${publicOne}]}`,
      'it has a member twice',
    ],
    [
      'private key in an overridden member of a key',
      set(one.publicJwk).replace('"kty"', `"use":{"d":"${d}"},"kty"`),
      'it has a member twice',
    ],
    [
      'nested without end',
      `{"keys":[${publicOne}],"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      `it has a member besides 'keys'`,
    ],
  ])('is checked: %s', (_, text, problem) => {
    expect(judgeJwks(bytesOf(text))).toEqual({ problem });
  });

  test('is rejected if it is not UTF-8', () => {
    const bytes = bytesOf(set({ ...one.publicJwk, kid: '?' }));
    bytes[bytes.lastIndexOf(0x3f)] = 0xff;
    expect(judgeJwks(bytes)).toEqual({ problem: 'it is not UTF-8' });
  });
});

test.each([
  ['complete', SERVE_JSON, { maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 }],
  ['not JSON', '{', { problem: 'it is not a JSON object' }],
  [
    'no shared age',
    '{"maxAgeSeconds":1}',
    { problem: 'sharedMaxAgeSeconds is not a whole number from 0 to maxAgeSeconds' },
  ],
  [
    'cached for ever',
    '{"maxAgeSeconds":9007199254740991,"sharedMaxAgeSeconds":0}',
    { problem: 'maxAgeSeconds is not a whole number from 0 to 300' },
  ],
  [
    'a member twice',
    SERVE_JSON.replace('{', '{"maxAgeSeconds":1,'),
    { problem: 'it has a member twice' },
  ],
  ['not UTF-8', new Uint8Array([0xff]), { problem: 'it is not UTF-8' }],
])('serve.json: %s', (_, text, expected) => {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  expect(judgeServePolicy(bytes)).toEqual(expected);
});

test.each([
  ['complete', OPENID_JSON, { bytes: bytesOf(OPENID_JSON), issuer: 'https://auth.example.com' }],
  ['a list', '[]', { problem: 'it is not a JSON object' }],
  ['as the operator writes it', WRITTEN, { bytes: bytesOf(WRITTEN), issuer: 'https://a.example' }],
  ['no issuer', '{"jwks_uri":"https://a"}', { problem: NO_ISSUER }],
  ['jwks_uri no text', '{"issuer":"https://a","jwks_uri":1}', { problem: NO_URI }],
  ['a jwks_uri in the clear', openid({ jwks_uri: 'http://a.example' }), { problem: NO_URI }],
  ['an issuer with a user', openid({ issuer: 'https://a@b.example' }), { problem: NO_ISSUER }],
  [
    'an issuer that is too long',
    openid({ issuer: `https://a.example/${'x'.repeat(1024)}` }),
    { problem: NO_ISSUER },
  ],
  ['private', openid({ keys: [{ d: 1 }] }), { problem: 'it has a member that is not published' }],
  [
    'an endpoint of someone else',
    openid({ token_endpoint: 'https://evil.example' }),
    { problem: 'it has a member that is not published' },
  ],
  ['alg none', openid({ id_token_signing_alg_values_supported: ['none'] }), { problem: ALGS }],
  [
    'algs nested',
    openid({ id_token_signing_alg_values_supported: [['ES256']] }),
    { problem: ALGS },
  ],
  [
    'other response types',
    openid({ response_types_supported: ['token'] }),
    {
      problem:
        'response_types_supported or subject_types_supported is not as the operator writes it',
    },
  ],
  [
    'a member twice',
    WRITTEN.replace('{', '{"issuer":"https://evil.example",'),
    { problem: 'it has a member twice' },
  ],
])('openid-configuration.json: %s', (_, text, expected) => {
  expect(judgeOpenidConfiguration(bytesOf(text))).toEqual(expected);
});
