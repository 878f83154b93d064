/**
 * `signing-keys serve` on one core beside nginx that serves the same bytes and headers on the same
 * core, by turns. What counts is the ratio: it survives a slow or busy machine.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../test/support/wait/wait-for.ts';
import { freePort, memoryOf, startProcess, startProgram } from './program.ts';
import { type Figures, median, round } from './report.ts';

const ROUNDS = 7;
const ROUND_SECONDS = 4;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 64;
const SERVER_CORE = 0;
const CLIENT_CORE = 1;
const PATH = '/.well-known/jwks.json';
/** Each server says these in its own way. */
const NOT_COPIED = ['connection', 'keep-alive', 'content-length', 'content-type', 'date'];

export async function benchJwksServer(say: (line: string) => void): Promise<Figures> {
  const missing = ['nginx', 'wrk', 'taskset'].filter((name) => !isInstalled(name));
  if (missing.length > 0 || cpus().length < 2) {
    const reason =
      missing.length > 0
        ? `${missing.join(', ')} not found: apt-get install -y nginx-light wrk util-linux`
        : 'it needs two cores, one for the server and one for the load';
    say(`jwks-server is skipped: ${reason}`);
    return { skipped: reason };
  }
  const folder = mkdtempSync(join(tmpdir(), 'signing-keys-bench-'));
  try {
    return await compare(folder, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(folder: string, say: (line: string) => void): Promise<Figures> {
  const pin = ['taskset', '-c', String(SERVER_CORE)];
  const mount = join(folder, 'mount');
  mkdirSync(mount);
  writeFileSync(join(mount, 'jwks.json'), JSON.stringify({ keys: makeKeys(2) }));
  writeFileSync(
    join(mount, 'serve.json'),
    JSON.stringify({ maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 }),
  );
  const port = await freePort();
  const ports = ['--host', '127.0.0.1', '--port', String(port), '--metrics-port', '0'];
  const serve = await startProgram(
    ['serve', '--dir', mount, ...ports, '--shutdown-delay', '0s', '--log-level', 'warn'],
    {},
    pin,
  );
  try {
    const url = `http://127.0.0.1:${port}${PATH}`;
    const ours = await answerOf(url, serve.output);
    const idleRssBytes = memoryOf(serve.pid).rssBytes;
    const nginxPort = await freePort();
    const nginx = startProcess([...pin, 'nginx', ...nginxArgs(folder, nginxPort, ours)]);
    try {
      const peerUrl = `http://127.0.0.1:${nginxPort}${PATH}`;
      const theirs = await answerOf(peerUrl, nginx.output);
      if (theirs.body !== ours.body) throw new Error('nginx does not serve the same bytes');
      const rounds = measure(url, peerUrl, say);
      return {
        bodyBytes: Buffer.byteLength(ours.body),
        rounds: ROUNDS,
        roundSeconds: ROUND_SECONDS,
        connections: CONNECTIONS,
        serveRequestsPerSecond: round(median(rounds.map(({ serve }) => serve)), 0),
        nginxRequestsPerSecond: round(median(rounds.map(({ nginx }) => nginx)), 0),
        ratio: round(median(rounds.map(({ serve, nginx }) => serve / nginx))),
        ratios: rounds.map(({ serve, nginx }) => round(serve / nginx)),
        ratioGoal: 0.6,
        idleRssMb: round(idleRssBytes / 1e6, 1),
        rssAfterMb: round(memoryOf(serve.pid).rssBytes / 1e6, 1),
        headers: Object.keys(ours.headers).sort().join(' '),
      };
    } finally {
      await nginx.stop();
    }
  } finally {
    await serve.stop();
  }
}

function measure(url: string, peerUrl: string, say: (line: string) => void) {
  for (const each of [url, peerUrl]) requestsPerSecond(each, WARM_UP_SECONDS);
  return Array.from({ length: ROUNDS }, (_, index) => {
    // Who goes first changes, so that neither gains by what the other left behind.
    const order = index % 2 === 0 ? [url, peerUrl] : [peerUrl, url];
    const found = new Map(order.map((each) => [each, requestsPerSecond(each, ROUND_SECONDS)]));
    const serve = found.get(url) ?? 0;
    const nginx = found.get(peerUrl) ?? 0;
    say(`round ${index + 1}: serve ${round(serve, 0)}/s, nginx ${round(nginx, 0)}/s`);
    return { serve, nginx };
  });
}

function requestsPerSecond(url: string, seconds: number): number {
  const wrk = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', url];
  const output = execFileSync('taskset', ['-c', String(CLIENT_CORE), ...wrk], { encoding: 'utf8' });
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`${url} had failures:\n${output}`);
  const found = /Requests\/sec:\s+([\d.]+)/.exec(output);
  if (found === null) throw new Error(`wrk said no rate:\n${output}`);
  return Number(found[1]);
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function answerOf(url: string, output: () => string): Promise<Answer> {
  try {
    return await waitFor(() => fetchOk(url), { timeoutMs: 10_000, describe: `200 from ${url}` });
  } catch (error) {
    throw new Error(`${url} does not answer 200. Its process said:\n${output()}`, { cause: error });
  }
}

function fetchOk(url: string): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve(incoming.statusCode === 200 ? { headers: incoming.headers, body } : null);
      });
    }).on('error', reject);
  });
}

/** One worker, no log, the file's descriptor kept open: nginx at its best. */
function nginxArgs(folder: string, port: number, { headers, body }: Answer): readonly string[] {
  const root = join(folder, 'nginx');
  mkdirSync(join(root, '.well-known'), { recursive: true });
  writeFileSync(join(root, PATH), body);
  const added = Object.entries(headers)
    .filter(([name]) => !NOT_COPIED.includes(name))
    .map(([name, value]) => `add_header ${name} '${String(value)}';`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  // Started by root, nginx would read the folder as nobody, who may not.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const config = `
${user} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; server_tokens off; etag off; if_modified_since off;
  keepalive_requests 1000000000; open_file_cache max=10 inactive=1h; open_file_cache_valid 1h;
  default_type ${headers['content-type'] ?? 'application/json'};
  types { }
  ${temporary.join('\n  ')}
  server { listen 127.0.0.1:${port}; root ${root}; ${added.join(' ')} }
}
`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  return ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
}

export function makeKeys(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return {
      ...publicKey.export({ format: 'jwk' }),
      kid: `key-${index}`,
      alg: 'ES256',
      use: 'sig',
    };
  });
}

function isInstalled(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
