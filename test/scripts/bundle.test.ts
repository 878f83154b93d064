import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundle, LICENCES, PROGRAM, SBOM } from '../../scripts/bundle.ts';
import { kubeconfigText, sendEmptyLists, startApiSocket } from '../support/kube/api-socket.ts';
import { makeCertificate } from '../support/kube/certificate.ts';
import { waitFor } from '../support/wait/wait-for.ts';

const run = promisify(execFile);
/** Outside the project, so that no node_modules is found on the way up. */
const folder = mkdtempSync(join(tmpdir(), 'signing-keys-bundle-'));
const dist = join(folder, 'dist');
/** A second on an idle machine. */
const BUSY_MACHINE_MS = 60_000;
let files: readonly string[] = [];

beforeAll(async () => {
  files = await bundle(dist);
}, BUSY_MACHINE_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (...args: string[]) =>
  run(process.execPath, [join(dist, PROGRAM), ...args], { cwd: folder });

test(
  'the same sources make the same bytes, and nothing is left of an earlier bundle',
  async () => {
    const again = join(folder, 'again');
    mkdirSync(again);
    writeFileSync(join(again, 'stale.mjs'), '');
    writeFileSync(join(again, 'stale.mjs.map'), '');
    writeFileSync(join(again, 'install.yaml'), '');
    await bundle(again);
    expect(readdirSync(again)).toContain('install.yaml');
    rmSync(join(again, 'install.yaml'));
    expect(hashes(again)).toEqual(hashes(dist));
    expect(readdirSync(dist).sort()).toEqual(files);
  },
  BUSY_MACHINE_MS,
);

test('it needs only Node: nothing but its own chunks and built-in modules is named', () => {
  for (const file of files.filter((name) => name.endsWith('.mjs'))) {
    const text = readFileSync(join(dist, file), 'utf8');
    const imported = [...text.matchAll(/(?:^|[;}\s])import[^"'()]*["']([^"']+)["'];/g)];
    for (const [, name] of imported) expect(name).toMatch(/^(?:\.\/[\w-]+\.mjs|node:module)$/);
  }
});

test('the version, the help of each command, and a wrong word', async () => {
  expect((await program('version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await program('operator', '--help')).stdout).toContain('--leader-elect');
  expect((await program('serve', '--help')).stdout).toContain('--dir');
  await expect(program('nonsense')).rejects.toMatchObject({ code: 2 });
});

test('serve does not load the Kubernetes client, and the program itself loads neither', () => {
  const chunksWith = (text: string) =>
    files.filter((f) => f.endsWith('.mjs') && read(f).includes(text));
  const [operator = '', ...others] = chunksWith('current-context');
  const [serve = ''] = chunksWith('function runServe');
  expect(others).toEqual([]);
  expect(reachable(serve)).not.toContain(operator);
  expect(reachable(PROGRAM)).not.toContain(serve);
  expect(reachable(PROGRAM)).not.toContain(operator);
});

test.each([
  ['json', /"msg":"the JWKS server listens"/],
  ['pretty', /\] INFO: the JWKS server listens/],
])('it logs as %s', async (format, line) => {
  const ports = ['--port', '0', '--metrics-port', '0'];
  const output = start('serve', '--dir', folder, ...ports, '--log-format', format);
  await waitFor(() => line.test(output()), {
    timeoutMs: 15_000,
    describe: `the server to listen: ${output()}`,
  });
});

test('the operator becomes ready over TLS, without undici', async () => {
  const certificate = makeCertificate();
  await using api = await startApiSocket(sendEmptyLists, certificate);
  const ca = Buffer.from(certificate.certificate).toString('base64');
  const cluster = { server: api.url, 'certificate-authority-data': ca };
  writeFileSync(join(folder, 'kubeconfig'), kubeconfigText(cluster, { token: 'bundle-test' }));
  const output = start('operator', '--listen', '127.0.0.1:0', '--kubeconfig', 'kubeconfig');
  const port = await waitFor(() => /"port":(\d+)/.exec(output())?.[1], {
    timeoutMs: 15_000,
    describe: 'the port of the operator',
  });
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200, {
    timeoutMs: 15_000,
    describe: `the operator to be ready: ${output()}`,
  });
  // The watches follow the lists that make it ready.
  await waitFor(() => api.requests.some((request) => request.includes('watch=true')), {
    timeoutMs: 15_000,
    describe: 'a watch',
  });
});

test('the licence of every package in it is there', () => {
  const text = read(LICENCES);
  for (const name of [
    '@kubernetes/client-node',
    'hpagent',
    'jose',
    'pino',
    '@prometheus-io/client',
    'commander',
  ]) {
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\([A-Z]`, 'm'));
  }
  // Only for development, or named in code that is never called.
  expect(text).not.toMatch(/^(?:vitest|esbuild|typescript|undici) /m);
});

test('the SBOM lists the same packages as the licences', () => {
  const { components } = JSON.parse(read(SBOM));
  const listed = components.map(
    ({ group, name, version }: Record<string, string>) =>
      `${group === undefined ? '' : `${group}/`}${name} ${version}`,
  );
  const licences = [...read(LICENCES).matchAll(/^-{80}\n(\S+ \S+) \(/gm)].map(([, name]) => name);
  expect(listed).toEqual(licences);
  expect(listed.length).toBeGreaterThan(10);
});

function read(file: string): string {
  return readFileSync(join(dist, file), 'utf8');
}

function hashes(of: string): Readonly<Record<string, string>> {
  const hash = (file: string) => createHash('sha256').update(readFileSync(join(of, file)));
  return Object.fromEntries(
    readdirSync(of)
      .filter((file) => !file.endsWith('.map'))
      .map((file) => [file, hash(file).digest('hex')]),
  );
}

/** The chunks that a file loads at startup; commands are dynamic imports and don't count. */
function reachable(file: string): readonly string[] {
  const open = [file];
  const found = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const statics = read(name).matchAll(/import[^"'()]*["']\.\/([\w-]+\.mjs)["']/g);
    open.push(...[...statics].map((match) => match[1] ?? ''));
  }
  return [...found];
}

/** Starts the program; it ends with the test. @returns what it has printed */
function start(...args: string[]): () => string {
  const child = spawn(process.execPath, [join(dist, PROGRAM), ...args], { cwd: folder });
  let output = '';
  const gather = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', gather);
  child.stderr.on('data', gather);
  onTestFinished(() => void child.kill('SIGKILL'));
  return () => output;
}
