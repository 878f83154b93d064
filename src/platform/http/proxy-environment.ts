/**
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY, by the rules of Go's golang.org/x/net/http/httpproxy, which
 * kubectl uses: other programs' rules differ in what NO_PROXY may name.
 */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { withoutBrackets } from './tunnel-agent.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProxyVariable {
  /** Such as `HTTPS_PROXY`. */
  readonly name: string;
  /** As it is set. It may have a password. */
  readonly text: string;
}

/** The variable that names the proxy for a server, or null if requests go there directly. */
export function proxyVariable(server: URL, env: Environment): ProxyVariable | null {
  const name = server.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = firstSet(env, name);
  if (proxy === null) return null;
  const host = withoutBrackets(server.hostname);
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || isLoopback(host)) return null;
  const exceptions = (firstSet(env, 'no_proxy')?.text ?? '').split(',');
  return exceptions.some((entry) => matches(entry.trim().toLowerCase(), host, port)) ? null : proxy;
}

/** Upper case wins, as it does for the Go that kubectl 1.36 is built with. */
function firstSet(env: Environment, name: string): ProxyVariable | null {
  for (const variable of [name.toUpperCase(), name]) {
    const text = env[variable] ?? '';
    if (text !== '') return { name: variable, text };
  }
  return null;
}

function isLoopback(host: string): boolean {
  return (isIP(host) !== 0 && isInSubnet(host, '127.0.0.0', 8)) || host === '::1';
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [network = '', length] = entry.split('/');
  if (length !== undefined && isIP(network) !== 0) {
    return (
      isIP(host) !== 0 && /^\d{1,3}$/.test(length) && isInSubnet(host, network, Number(length))
    );
  }
  const [, wanted = '', wantedPort = ''] = /^(.*?)(?::(\d+))?$/.exec(plainAddress(entry)) ?? [];
  if (wantedPort !== '' && wantedPort !== port) return false;
  const address = withoutBrackets(wanted);
  if (isIP(address) !== 0) {
    return isIP(host) !== 0 && isInSubnet(host, address, isIP(address) === 4 ? 32 : 128);
  }
  return matchesDomain(wanted, host);
}

/** An IPv6 address without brackets has colons, and no port. */
function plainAddress(entry: string): string {
  return isIP(entry) === 6 ? `[${entry}]` : entry;
}

/** `foo.com` is itself and what is below it; `.foo.com` and `*.foo.com` only what is below. */
function matchesDomain(wanted: string, host: string): boolean {
  const isBelowOnly = /^\*?\./.test(wanted);
  const name = wanted.replace(/^\*?\./, '');
  const domain = domainToASCII(name) || name;
  if (domain === '') return false;
  return host.endsWith(`.${domain}`) || (!isBelowOnly && host === domain);
}

function isInSubnet(host: string, network: string, length: number): boolean {
  const family = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6');
  if (length > (isIP(network) === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, length, family(network));
  return list.check(host, family(host));
}
