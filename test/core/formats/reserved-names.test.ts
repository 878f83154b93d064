import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  defaultJwksName,
  defaultSignerName,
  keySecretName,
} from '../../../src/core/formats/names.ts';
import {
  isReservedConfigMapName,
  isReservedSecretName,
  RESERVED_CONFIG_MAP_NAMES,
  RESERVED_SECRET_NAMES,
  reservedStartOf,
} from '../../../src/core/formats/reserved-names.ts';

test.each([
  ['kube-root-ca.crt', true],
  ['openshift-service-ca.crt', true],
  ['istio-ca-root-cert', true],
  ['linkerd-identity-trust-roots', true],
  ['extension-apiserver-authentication', true],
  ['cluster-info', true],
  ['coredns', true],
  ['sh.helm.release.v1.auth.v12', true],
  ['kube-root-ca-crt', false],
  ['kube-root-ca.crt2', false],
  ['payments-jwks', false],
  ['coredns-jwks', false],
  ['my-sh.helm.release.v1.x', false],
])('a ConfigMap %s is reserved: %s', (name, expected) => {
  expect(isReservedConfigMapName(name)).toBe(expected);
});

test.each([
  ['bootstrap-token-abcdef', true],
  ['default-token-x', true],
  ['builder-token-7xk2p', true],
  ['default-dockercfg-9qwxz', true],
  ['sh.helm.release.v1.auth.v1', true],
  ['cacerts', true],
  ['payments-signer', false],
  ['token-signer', false],
  ['x-token-signer', false],
  ['x-token-key-1', false],
  ['coredns', false],
])('a Secret %s is reserved: %s', (name, expected) => {
  expect(isReservedSecretName(name)).toBe(expected);
});

test.each([
  ['bootstrap-token', 'bootstrap-token-'],
  ['default-token-a', 'default-token-'],
  ['default-tokens', null],
  ['payments', null],
  ['x-token', null],
])('the Secrets of a set %s would start with %s', (name, expected) => {
  expect(reservedStartOf(name)).toBe(expected);
});

test.each(['payments', 'x-token', 'a-dockercfg', 'kubeadm', 'cacerts', 'coredns', 'kube-root-ca'])(
  'none of the names that a set %s gives by itself is reserved',
  (name) => {
    const secrets = [defaultSignerName(name), keySecretName(name, 1), keySecretName(name, 99_999)];
    expect(secrets.filter(isReservedSecretName)).toEqual([]);
    expect(isReservedConfigMapName(defaultJwksName(name))).toBe(false);
  },
);

test.each([...alternativesOf(RESERVED_CONFIG_MAP_NAMES), ...alternativesOf(RESERVED_SECRET_NAMES)])(
  'docs/errors.md lists %s',
  (name) => {
    const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const section = page.slice(page.indexOf('### Reserved names')).split('\n### ')[0] ?? '';
    expect(section).toContain(name);
  },
);

/** As the page writes them: `…` for anything, and five characters in words. */
function alternativesOf(pattern: string): readonly string[] {
  const names = pattern.replace(/^\^\(|\)\$$/g, '').split('|');
  return names.map((name) => {
    const plain = name.replaceAll('[.]', '.').replace('[a-z0-9]{5}', '');
    return plain.replace(/^\.\*|\.\*$/, '…');
  });
}
