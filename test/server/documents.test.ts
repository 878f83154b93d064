import { describe, expect, test } from 'vitest';
import {
  judgeJwks,
  judgeOpenidConfiguration,
  judgeServePolicy,
} from '../../src/server/documents.ts';
import { makeKey, OPENID_JSON, SERVE_JSON } from './fixtures.ts';

const one = makeKey('payments-1');
const two = makeKey('payments-2');
const bytesOf = (text: string) => new TextEncoder().encode(text);
const set = (...keys: readonly object[]) => JSON.stringify({ keys });
const publicOne = JSON.stringify(one.publicJwk);

describe('jwks.json', () => {
  test.each([
    ['one key', set(one.publicJwk), ['payments-1']],
    ['two keys', set(one.publicJwk, two.publicJwk), ['payments-1', 'payments-2']],
    ['indented', JSON.stringify({ keys: [one.publicJwk] }, null, 2), ['payments-1']],
    [
      'a member that later readers know',
      set({ ...one.publicJwk, note: 'a:"b"\\' }),
      ['payments-1'],
    ],
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
      `it has the private member 'd'`,
    ],
    ['private, nested', set({ ...one.publicJwk, x5: [{ p: d }] }), `it has the private member 'p'`],
    ['private, escaped', `{"keys":[${publicOne}],"\\u0064":1}`, `it has the private member 'd'`],
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
      null,
    ],
  ])('is checked: %s', (_, text, problem) => {
    const judged = judgeJwks(bytesOf(text));
    if (problem === null) expect(judged).toHaveProperty('kids');
    else expect(judged).toEqual({ problem });
  });

  test('is rejected if it is not UTF-8', () => {
    const bytes = bytesOf(set({ ...one.publicJwk, note: '?' }));
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
    { problem: 'sharedMaxAgeSeconds is not a whole number of seconds' },
  ],
])('serve.json: %s', (_, text, expected) => {
  expect(judgeServePolicy(bytesOf(text))).toEqual(expected);
});

test.each([
  ['complete', OPENID_JSON, { bytes: bytesOf(OPENID_JSON), issuer: 'https://auth.example.com' }],
  ['a list', '[]', { problem: 'it is not a JSON object' }],
  ['no issuer', '{"jwks_uri":"https://a"}', { problem: 'issuer is missing' }],
  ['jwks_uri no text', '{"issuer":"https://a","jwks_uri":1}', { problem: 'jwks_uri is missing' }],
  [
    'private',
    OPENID_JSON.replace('{', '{"keys":[{"d":1}],'),
    { problem: `it has the private member 'd'` },
  ],
])('openid-configuration.json: %s', (_, text, expected) => {
  expect(judgeOpenidConfiguration(bytesOf(text))).toEqual(expected);
});
