import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  judgeAuthorities,
  judgeServerCertificate,
  servesTls13,
} from '../../../src/platform/tls/certificates.ts';
import { makeCa } from '../../support/tls/forged-certificates.ts';

const ca = makeCa();
const server = ca.issue({ notAfter: '2031-02-03T04:05:06Z' });
const other = ca.issue();

function judge(certificate: string, key: string) {
  return judgeServerCertificate(Buffer.from(certificate), Buffer.from(key));
}

test('a certificate with its key is taken, with the time at which it expires', () => {
  expect(judge(server.certificate, server.key)).toEqual({
    cert: Buffer.from(server.certificate),
    key: Buffer.from(server.key),
    notAfterMs: Date.parse('2031-02-03T04:05:06Z'),
    fingerprint: new X509Certificate(server.certificate).fingerprint256,
  });
});

test.each([
  ['with those of its issuers after it', server.certificate + ca.certificate],
  ['with words around it, as openssl writes them', `Certificate:\n  a\n${server.certificate}\nb`],
  ['with the line ends of Windows', server.certificate.replaceAll('\n', '\r\n')],
])('a certificate %s is taken', (_, certificate) => {
  expect(judge(certificate, server.key)).not.toHaveProperty('problem');
});

const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}).privateKey;
const short = ca.issue({ bits: 512 });

test.each([
  ['no certificate', '', server.key, "'tls.crt' holds no certificate in PEM"],
  ['a key instead', server.key, server.key, "'tls.crt' holds no certificate in PEM"],
  ['not base64', broken('*'.repeat(64)), server.key, 'holds a certificate that does not parse'],
  ['another structure', broken('MAA='), server.key, 'holds a certificate that does not parse'],
  ['cut off', server.certificate.slice(0, 400), server.key, 'that does not parse'],
  ['cut off later', server.certificate + server.certificate.slice(0, 99), server.key, 'not parse'],
  ['no key', server.certificate, '', "'tls.key' is not a private key in PEM, without a password"],
  ['a certificate instead', server.certificate, server.certificate, 'not a private key in PEM'],
  ['a key with a password', server.certificate, encrypted, 'without a password: write one'],
  ['the key of another', server.certificate, other.key, 'not the key of the first certificate in'],
  ['its issuer first', ca.certificate + server.certificate, server.key, 'own certificate first'],
  ['a short key', short.certificate, short.key, 'TLS does not take the certificate (ERR_SSL_EE'],
])('%s: refused, in words that say what to do', (_, certificate, key, words) => {
  const judged = judge(certificate, key);
  expect(judged).toEqual({ problem: expect.stringContaining(words) });
  expect(judged).toEqual({ problem: expect.stringMatching(/: (write|make) /) });
});

function broken(body: string): string {
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

test.each([
  ...['P-256', 'P-384', 'P-521'].map((curve) => [curve, true] as const),
  ...['secp256k1', 'secp224r1', 'brainpoolP256r1'].map((curve) => [curve, false] as const),
])('with a key of %s a server can shake hands: %s', (namedCurve, expected) => {
  expect(servesTls13(generateKeyPairSync('ec', { namedCurve }).privateKey)).toBe(expected);
});

describe('authorities', () => {
  test('are taken one by one', () => {
    const judged = judgeAuthorities(
      Buffer.from(`# ours\n${ca.certificate}${makeCa().certificate}`),
    );
    expect(judged).toHaveLength(2);
  });

  const lower = ca.issueCa();

  test('an intermediate needs those above it', () => {
    const alone = judgeAuthorities(Buffer.from(lower.certificate));
    expect(alone).toEqual({ problem: expect.stringContaining('is not in it: write the issuer') });
    expect(judgeAuthorities(Buffer.from(lower.certificate + ca.certificate))).toHaveLength(2);
  });

  // Given an empty list, TLS trusts every public authority.
  test.each([
    ['nothing', ''],
    ['words', 'no authority'],
    ['a key', ca.key],
    ['one that does not parse', ca.certificate + broken('MAA=')],
    ['one that was cut off', ca.certificate + ca.certificate.slice(0, 99)],
  ])('are refused whole if there is %s', (_, pem) => {
    expect(judgeAuthorities(Buffer.from(pem))).toEqual({
      problem: expect.stringContaining("write the CA's certificates in PEM"),
    });
  });
});
