import { expect, test } from 'vitest';
import { ISSUER, JWKS_URI } from '../../../src/core/formats/urls.ts';

test.each([
  ['https://auth.example.com', true, true],
  ['https://auth.example.com:8443/realms/x', true, true],
  ['https://[::1]/x', true, true],
  ['https://auth.example.com/keys?tenant=a', false, true],
  ['https://auth.example.com/#keys', false, false],
  ['https://user@auth.example.com', false, false],
  ['http://auth.example.com', false, false],
  ['-----BEGIN PRIVATE KEY-----', false, false],
])('%s is an issuer: %s, a JWKS URI: %s', (url, isIssuer, isUri) => {
  expect([ISSUER.test(url), JWKS_URI.test(url)]).toEqual([isIssuer, isUri]);
});
