import { expect, test } from 'vitest';
import { proxyVariable } from '../../../src/platform/http/proxy-environment.ts';

const PROXY = { HTTPS_PROXY: 'http://proxy' };
const goesDirectly = (server: string, noProxy: string) =>
  proxyVariable(new URL(server), { ...PROXY, NO_PROXY: noProxy }) === null;

// Go's httpproxy package decides; test/cluster/api/kubeconfigs.test.ts asks kubectl itself.
test.each<[noProxy: string, server: string, direct: boolean]>([
  ['', 'https://api.example.com', false],
  ['*', 'https://api.example.com', true],
  ['example.com', 'https://api.example.com', true],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://badexample.com', false],
  ['.example.com', 'https://example.com', false],
  ['.example.com', 'https://api.example.com', true],
  ['*.example.com', 'https://api.example.com', true],
  ['*.example.com', 'https://example.com', false],
  [' a , EXAMPLE.com:443 ', 'https://api.example.com', true],
  ['example.com:443', 'https://api.example.com:6443', false],
  ['example.com:6443', 'https://api.example.com:6443', true],
  ['10.0.0.0/8', 'https://10.1.2.3', true],
  ['10.0.0.0/8', 'https://11.1.2.3', false],
  ['10.0.0.0/8', 'https://api.example.com', false],
  ['10.0.0.0/99', 'https://10.1.2.3', false],
  ['10.1.2.3', 'https://10.1.2.3:6443', true],
  ['10.1.2.3:443', 'https://10.1.2.3:6443', false],
  ['fd00::/8', 'https://[fd00::1]', true],
  ['fd00::1', 'https://[fd00::1]:6443', true],
  ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
  ['[fd00::1]:443', 'https://[fd00::1]:6443', false],
  ['bücher.example', 'https://api.bücher.example', true],
  [':443', 'https://api.example.com', false],
  ['.', 'https://api.example.com', false],
  // This machine is never asked for by way of a proxy.
  ['', 'https://localhost:6443', true],
  ['', 'https://127.1.2.3', true],
  ['', 'https://[::1]', true],
])('NO_PROXY=%j, %s: without the proxy: %s', (noProxy, server, direct) => {
  expect(goesDirectly(server, noProxy)).toBe(direct);
});

test.each([
  ['https://a', { https_proxy: 'lower', HTTPS_PROXY: 'UPPER' }, 'HTTPS_PROXY'],
  ['https://a', { https_proxy: 'lower', HTTPS_PROXY: '' }, 'https_proxy'],
  ['https://a', { HTTP_PROXY: 'http' }, undefined],
  ['https://a', { ALL_PROXY: 'all' }, undefined],
  ['http://a', { HTTP_PROXY: 'http', HTTPS_PROXY: 'https' }, 'HTTP_PROXY'],
  ['https://a', { HTTPS_PROXY: 'p', no_proxy: 'b', NO_PROXY: 'a' }, undefined],
  ['https://a', { HTTPS_PROXY: 'p', no_proxy: 'a', NO_PROXY: 'b' }, 'HTTPS_PROXY'],
])('%s with %j takes %s', (server, env, name) => {
  expect(proxyVariable(new URL(server), env)?.name).toBe(name);
});
