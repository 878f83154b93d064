import { describe, expect, test } from 'vitest';
import { publicJwkText } from '../../../src/core/formats/jwk.ts';
import { SIGNER_FILE } from '../../../src/core/formats/names.ts';
import { privateJwkOf } from '../../../src/platform/keys/key-material.ts';
import { KeyVerdicts } from '../../../src/platform/keys/key-verdicts.ts';
import { fixtureKeys } from '../../simulator/world/fixture-keys.ts';

const keys = fixtureKeys();
const kind = { algorithm: 'EdDSA', rsaModulusLength: null } as const;
const signal = new AbortController().signal;
const ours = await keys.make(kind, signal);
const other = await keys.make(kind, signal);

const verdicts = new KeyVerdicts();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const secretOf = ({ privatePem }: typeof ours) => ({ [SIGNER_FILE.pem]: base64(privatePem) });
const signerOf = ({ kid, publicJwk, privatePem }: typeof ours) => ({
  [SIGNER_FILE.kid]: base64(kid),
  [SIGNER_FILE.alg]: base64(publicJwk.alg),
  [SIGNER_FILE.pem]: base64(privatePem),
  [SIGNER_FILE.jwk]: base64(String(privateJwkOf(privatePem, publicJwk))),
});

describe('the verdict on a key Secret', () => {
  test('is made once for the same content', () => {
    const verdict = verdicts.ofKey(secretOf(ours), ours.publicJwk);
    expect(verdict).toEqual({ ok: true });
    expect(verdicts.ofKey({ ...secretOf(ours), note: 'else' }, { ...ours.publicJwk })).toBe(
      verdict,
    );
  });

  test('differs for a different key, on either side', () => {
    expect(verdicts.ofKey(secretOf(other), ours.publicJwk)).toHaveProperty('problem');
    expect(verdicts.ofKey(secretOf(ours), other.publicJwk)).toHaveProperty('problem');
    expect(verdicts.ofKey({}, ours.publicJwk)).toHaveProperty('problem');
  });
});

describe('the verdict on a signer Secret', () => {
  test('is made once for the same content', () => {
    const verdict = verdicts.ofSigner(signerOf(ours));
    expect(verdict).toEqual({ publicJwk: ours.publicJwk });
    expect(verdicts.ofSigner({ ...signerOf(ours) })).toBe(verdict);
  });

  test.each(Object.values(SIGNER_FILE))('differs if %s is of another key', (file) => {
    const mixed = { ...signerOf(ours), [file]: signerOf(other)[file] ?? '' };
    const isAlike = file === SIGNER_FILE.alg;
    const verdict = isAlike ? { publicJwk: ours.publicJwk } : { problem: expect.any(String) };
    if (file === SIGNER_FILE.kid)
      expect(verdicts.ofSigner(mixed)).not.toBe(verdicts.ofSigner(signerOf(ours)));
    else expect(verdicts.ofSigner(mixed)).toEqual(verdict);
  });
});

test('a verdict holds no private key', () => {
  const told = JSON.stringify([
    verdicts.ofKey(secretOf(ours), ours.publicJwk),
    verdicts.ofSigner(signerOf(ours)),
  ]);
  expect(told).not.toContain(ours.privatePem.split('\n')[1]);
  expect(told).toContain(publicJwkText(ours.publicJwk));
});
