import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { isSecretMember, REDACTED, redact } from '../../../src/platform/log/redact.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const keys: [string, KeyObject][] = [
  ['RSA 2048', rsa],
  ['RSA 4096', generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
  ['Ed25519', generateKeyPairSync('ed25519').privateKey],
];
const jws = await new CompactSign(Buffer.from('{"sub":"somebody"}'))
  .setProtectedHeader({ alg: 'RS256' })
  .sign(rsa);

const pemOf = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ format: 'pem', type }).toString();
const bodyOf = (pem: string) => pem.replace(/-----[^\n]*\n?/g, '').trim();
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Every part of a PEM's body that is long enough to matter must be removed. */
function expectGone(text: string, pem: string): void {
  for (const line of bodyOf(pem).split('\n')) expect(text).not.toContain(line.slice(0, 24));
}

describe.each(keys)('a private key of %s', (_name, key) => {
  const pem = pemOf(key);
  const privateJwk = JSON.stringify(key.export({ format: 'jwk' }));

  it.each([
    ['as PEM', pem],
    ['as PEM in a sentence', `found ${pem} there`],
    ['as PEM that was cut', pem.slice(0, -40)],
    ['as PEM on one line', pem.replaceAll('\n', ' ')],
    ['as PEM in JSON', JSON.stringify({ a: pem, b: 1 })],
    ['as cut PEM in JSON in JSON', JSON.stringify({ x: JSON.stringify({ a: pem.slice(0, -40) }) })],
    ['as the lines of its body', bodyOf(pem)],
    ['as its body on one line', bodyOf(pem).replaceAll('\n', '')],
    ['as its body in JSON', JSON.stringify({ a: bodyOf(pem) })],
  ])('is found %s', (_how, text) => {
    const clean = redact(text);
    expectGone(clean, pem);
    expect(clean).toContain(REDACTED);
    if (text.startsWith('{')) expect(() => JSON.parse(clean)).not.toThrow();
  });

  it('is found in base64, as in the data of a Secret', () => {
    expect(redact(`data: ${base64(pem)}, kind`)).toBe(`data: ${REDACTED}, kind`);
    expect(redact(`data: ${base64(privateJwk)}, kind`)).toBe(`data: ${REDACTED}, kind`);
  });

  it.each([0, 1, 2, 3])('is found as a JWK, escaped %i times', (times) => {
    let text = privateJwk;
    for (let count = 0; count < times; count++) text = JSON.stringify({ text });
    let clean = redact(text);
    const jwk = key.export({ format: 'jwk' }) as Record<string, string>;
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
      if (jwk[member] !== undefined) expect(clean).not.toContain(jwk[member]);
    }
    for (let count = 0; count < times; count++) clean = JSON.parse(clean).text;
    expect(JSON.parse(clean)).toMatchObject({ kty: jwk['kty'], d: REDACTED });
  });
});

it.each([
  ['PKCS#1', pemOf(rsa, 'pkcs1')],
  ['SEC 1', pemOf(createPrivateKey(pemOf(keys[2]?.[1] ?? rsa)), 'sec1')],
  ['SEC 1 of P-521', pemOf(keys[4]?.[1] ?? rsa, 'sec1')],
])('finds %s, with and without its frame', (_name, pem) => {
  expectGone(redact(pem), pem);
  expectGone(redact(bodyOf(pem)), pem);
});

it.each([
  ['a token', `Bearer ${jws}`, `Bearer ${REDACTED}`],
  ['a token without its signature', jws.split('.').slice(0, 2).join('.'), REDACTED],
  ['an encrypted token', 'eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc', REDACTED],
  ['a token in JSON', JSON.stringify({ token: jws }), `{"token":"${REDACTED}"}`],
])('finds %s', (_name, text, clean) => {
  expect(redact(text)).toBe(clean);
});

it.each([
  'published 2026-12-01T09:00:00Z, served everywhere by 2026-12-01T09:03:00Z (spec.timing.publicationDelay: 3m), verifiers cache up to 12h36m (spec.verifiers[orders], preset dotnet): 2026-12-01T21:39:00Z',
  'kid NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs is active',
  'kid eyJLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs is active',
  '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----',
  '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","kid":"a"}',
  'auth/payments: 409 Conflict, PUT secrets payments-signer',
  '{"d":"short","r":"words with blanks in them"}',
])('leaves %j alone', (text) => {
  expect(redact(text)).toBe(text);
});

it('is fast even for texts that are built to make it slow', () => {
  const hard = [
    '-----BEGIN PRIVATE KEY-----'.repeat(2000),
    '\\'.repeat(65_536),
    `eyJ${'a.'.repeat(30_000)}`,
    `-----BEGIN PRIVATE KEY-----${'\\'.repeat(60_000)}`,
    `"d":"${'a'.repeat(60_000)}`,
    `MIIEvQIBADA${'\\n'.repeat(30_000)}`,
    'eyJ'.repeat(20_000),
  ];
  for (const text of hard) {
    const startedMs = performance.now();
    redact(text);
    expect(performance.now() - startedMs, text.slice(0, 40)).toBeLessThan(1000);
  }
});

it('keeps JSON valid, and changes nothing when applied twice', () => {
  const part = fc.constantFrom(
    pemOf(rsa),
    pemOf(rsa).slice(0, 300),
    jws,
    '"',
    '\\',
    '\n',
    'x',
    '-',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const clean = redact(JSON.stringify({ text: JSON.stringify({ text: parts.join('') }) }));
      expect(() => JSON.parse(JSON.parse(clean).text)).not.toThrow();
      expect(redact(clean)).toBe(clean);
    }),
  );
});

it('knows the private members by name', () => {
  const long = 'x'.repeat(43);
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv']) {
    expect(isSecretMember(name, long)).toBe(true);
    expect(isSecretMember(name, 'short')).toBe(false);
    expect(isSecretMember(name, 7)).toBe(false);
  }
  for (const name of ['n', 'e', 'x', 'y', 'kid', 'kind']) {
    expect(isSecretMember(name, long)).toBe(false);
  }
});
