/** The real setup-envtest, and an index and archives of ours on this machine. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import type { Builder } from '../../tools/building/go-build.ts';
import { goArchitecture } from '../../tools/building/machine.ts';
import { ensureTool } from '../../tools/go-tool.ts';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { readVersions } from '../control-plane/versions.ts';

const versions = readVersions();
const PROGRAMS = ['etcd', 'kube-apiserver', 'kubectl'];
const PATCH = versions.kubernetes.replace(/\d+$/, '97');
const ARCHIVE = `envtest-${PATCH}-${process.platform}-${goArchitecture()}.tar.gz`;
const STALL_LIMIT_MS = 2_000;
const say = (line: string) => void process.stderr.write(`${line}\n`);

async function archive(): Promise<Buffer> {
  const root = temporaryFolder();
  const folder = join(root, 'controller-tools', 'envtest');
  mkdirSync(folder, { recursive: true });
  for (const name of PROGRAMS) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${PATCH}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const path = join(root, ARCHIVE);
  await promisify(execFile)('tar', ['-czf', path, '-C', root, 'controller-tools']);
  return readFileSync(path);
}

type Answer = (response: ServerResponse, body: Buffer) => void;
const send: Answer = (response, body) => void response.end(body);
const missing: Answer = (response) => void response.writeHead(404).end();
const silence: Answer = () => undefined;
/** Half of the body, and then nothing. */
const half: Answer = (response, body) => void response.write(body.subarray(0, body.length / 2));

interface IndexOptions {
  readonly index?: Answer;
  readonly archive?: Answer;
  readonly hash?: string;
  readonly name?: string;
}

/** @returns the URL of an index */
async function serve(options: IndexOptions): Promise<string> {
  const bytes = await archive();
  const hash = options.hash ?? createHash('sha512').update(bytes).digest('hex');
  const server = createServer((request, response) => {
    if (request.url === '/archive') return (options.archive ?? send)(response, bytes);
    const selfLink = `http://${request.headers.host}/archive`;
    const releases = { [PATCH]: { [options.name ?? ARCHIVE]: { hash, selfLink } } };
    (options.index ?? send)(response, Buffer.from(JSON.stringify({ releases })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.yaml`;
}

async function ensure(index: string) {
  const built: string[] = [];
  const builder: Builder = async ({ name }, path) => {
    built.push(name);
    writeFileSync(path, `#!/bin/sh\necho ${versions.kubernetes} ${versions.etcd}\n`, {
      mode: 0o755,
    });
  };
  const told: string[] = [];
  const binaries = await ensureBinaries((line) => told.push(line), {
    // A proxy of this machine's must not come between.
    env: { XDG_CACHE_HOME: temporaryFolder(), ENVTEST_INDEX: index, NO_PROXY: '127.0.0.1' },
    builder,
    download: { tool: () => ensureTool('setup-envtest', say), stallLimitMs: STALL_LIMIT_MS },
  });
  return { binaries, built, told };
}

const hasTool =
  spawnSync('go', ['version']).status === 0 || (process.env['SETUP_ENVTEST'] ?? '') !== '';

// With KUBEBUILDER_ASSETS and without Go there is no setup-envtest, and nobody would call it.
describe.skipIf(!hasTool)('programs by setup-envtest', () => {
  test('are taken if the index has them, in any patch release', async () => {
    const { binaries, built, told } = await ensure(await serve({}));
    expect(built).toEqual([]);
    expect(told).toHaveLength(1);
    const { stdout } = await promisify(execFile)(binaries.kubeApiserver, ['--version']);
    expect(stdout.trim()).toBe(PATCH);
  });

  const faults: [string, IndexOptions, RegExp][] = [
    ['there is no index', { index: missing }, /404/],
    ['there is no archive', { archive: missing }, /404/],
    ['the index has none for this machine', { name: `envtest-${PATCH}-plan9-mips.tar.gz` }, /\w/],
    ['the index is not one', { index: (response) => void response.end('<html>') }, /index/],
    ['the archive is another one', { hash: '0'.repeat(128) }, /checksum mismatch/],
    ['the index says no checksum', { hash: '' }, /checksum mismatch/],
    ['the index hangs', { index: silence }, /nothing came for 2 s/],
    ['the archive hangs', { archive: silence }, /nothing came for 2 s/],
    ['half of the archive comes', { archive: half }, /nothing came for 2 s/],
  ];
  test.each(faults)('are built at once if %s', async (_, options, reason) => {
    const index = await serve(options);
    const { built, told } = await ensure(index);
    expect(built.toSorted()).toEqual(PROGRAMS);
    expect(told[1]).toMatch(/^nothing was downloaded: /);
    expect(told[1]).toMatch(reason);
  });

  test('are built at once if nobody answers', async () => {
    const { built, told } = await ensure('http://127.0.0.1:1/index.yaml');
    expect(built.toSorted()).toEqual(PROGRAMS);
    expect(told[1]).toMatch(/connection refused/);
  });
});
