import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { holdsPrivateKey } from '../../../src/core/formats/private-key.ts';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const KEYS: readonly [string, KeyObject][] = [
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
  ['Ed25519', generateKeyPairSync('ed25519').privateKey],
];
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

/** What `kubectl apply` keeps of a Secret with this data. */
function lastApplied(data: Record<string, string>): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data })}\n`;
}

/** In each of these a text stands as it is in some annotation. */
const WRAPPINGS: readonly [string, (text: string) => string][] = [
  ['plain', (text) => text],
  ['in base64', base64],
  ['in base64 in lines', (text) => base64(text).replace(/.{76}/g, '$&\n')],
  ['in base64 in indented lines', (text) => base64(text).replace(/.{64}/g, '$&\r\n    ')],
  ['in base64url', (text) => Buffer.from(text).toString('base64url')],
  ['behind other characters of base64', (text) => `key/${base64(text)}`],
  ['in what kubectl keeps', (text) => lastApplied({ file: base64(text) })],
  ['in a list in JSON in base64', (text) => base64(JSON.stringify([[text]]))],
];

describe.each(KEYS)('a private key of %s', (_, key) => {
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const jwk = JSON.stringify(key.export({ format: 'jwk' }));

  test.each(WRAPPINGS)('is found as PEM %s', (_name, wrap) => {
    expect(holdsPrivateKey(wrap(pem))).toBe(true);
  });

  test.each(WRAPPINGS)('is found as JWK %s', (_name, wrap) => {
    expect(holdsPrivateKey(wrap(jwk))).toBe(true);
  });

  test('is found in DER', () => {
    const der = key.export({ format: 'der', type: 'pkcs8' });
    expect(holdsPrivateKey(base64(der))).toBe(true);
    expect(holdsPrivateKey(base64(der).replace(/.{64}/g, '$&\n'))).toBe(true);
    expect(holdsPrivateKey(lastApplied({ der: base64(der) }))).toBe(true);
  });

  test('and its public half is none', () => {
    const publicKey = createPublicKey(key);
    for (const type of ['spki'] as const) {
      expect(holdsPrivateKey(base64(publicKey.export({ format: 'der', type })))).toBe(false);
      expect(holdsPrivateKey(publicKey.export({ format: 'pem', type }).toString())).toBe(false);
    }
    expect(holdsPrivateKey(JSON.stringify(publicKey.export({ format: 'jwk' })))).toBe(false);
  });
});

test('the older forms of DER', () => {
  const [, rsa] = KEYS[0] ?? [];
  const [, ec] = KEYS[1] ?? [];
  if (rsa === undefined || ec === undefined) throw new Error('there are keys');
  expect(holdsPrivateKey(base64(rsa.export({ format: 'der', type: 'pkcs1' })))).toBe(true);
  expect(holdsPrivateKey(base64(ec.export({ format: 'der', type: 'sec1' })))).toBe(true);
  const encrypted = ec.export({ format: 'pem', type: 'sec1' }).toString();
  expect(createPrivateKey(encrypted).type).toBe('private');
});

test.each([
  ['nothing', ''],
  ['a ledger', serializeLedger(ledgerOf(rotatedWorld()))],
  ['a member d of what is no key', '{"d":"a day"}'],
  ['what nests without end', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ['base64 of base64 of base64 …', nested(30)],
  ['zeros', 'A'.repeat(100_000)],
])('%s holds none', (_, text) => {
  expect(holdsPrivateKey(text)).toBe(false);
});

function nested(times: number): string {
  let text = 'harmless and long enough to be looked at, as it has more than sixty characters';
  for (let time = 0; time < times && text.length < 200_000; time += 1) text = base64(text);
  return text;
}
