/** Whoever may send a signal to a program must not get a debugger into it, which reads every key. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bundle, PROGRAM } from '../../../scripts/bundle.ts';
import { freePort } from '../../cluster/control-plane/free-port.ts';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import { kubeconfigText, sendEmptyLists, startApiSocket } from '../../support/kube/api-socket.ts';
import { makeCertificate } from '../../support/kube/certificate.ts';
import { eventually } from '../../support/wait/eventually.ts';
import { waitFor } from '../../support/wait/wait-for.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SIGNALS = 3;
/** Node's inspector says so on stderr, before it listens. */
const LISTENS = /Debugger listening|Starting inspector/;
const UP_TIMEOUT_MS = 60_000;

interface Started {
  readonly words: readonly string[];
  readonly isUp: (output: string) => boolean;
}

async function programOf(command: string): Promise<Started> {
  const folder = temporaryFolder();
  if (command === 'serve') {
    const ports = ['--host', '127.0.0.1', '--port', '0', '--metrics-port', '0'];
    return {
      words: ['serve', '--dir', folder, ...ports],
      isUp: (said) => said.includes('metricsPort'),
    };
  }
  const tls = makeCertificate();
  const api = await startApiSocket(
    // A smoke test waits for its set for as long as this says nothing.
    command === 'operator' ? sendEmptyLists : () => undefined,
    tls,
  );
  onTestFinished(() => api[Symbol.asyncDispose]());
  const kubeconfig = join(folder, 'config');
  const ca = Buffer.from(tls.certificate).toString('base64');
  writeFileSync(kubeconfig, kubeconfigText({ server: api.url, 'certificate-authority-data': ca }));
  const flags = command === 'operator' ? ['--listen', '127.0.0.1:0'] : [];
  const words = [command, ...flags, '--kubeconfig', kubeconfig];
  return { words, isUp: () => api.requests.length > 0 };
}

/** Starts a program, signals it as soon as it runs and again later. @returns what it said of it */
async function signal(file: string, command: string) {
  const { words, isUp } = await programOf(command);
  const port = await freePort();
  const child = spawn(process.execPath, [`--inspect-port=${port}`, file, ...words], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  }
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await waitFor(() => isUp(output) || child.exitCode !== null, {
    describe: 'the program to be up',
    timeoutMs: UP_TIMEOUT_MS,
  });
  for (let sent = 0; sent < SIGNALS; sent += 1) {
    expect(child.kill('SIGUSR1')).toBe(true);
    // The inspector listens on a thread of its own: it has said so by the time that another signal is handled.
    await refusesDebuggers(port);
  }
  // Still running: the signal's own default would have ended it.
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  child.kill('SIGTERM');
  child.kill('SIGTERM');
  await ended;
  return output;
}

/** @throws if something listens where a debugger would connect */
async function refusesDebuggers(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const [name] = await Promise.race([
    once(socket, 'connect').then(() => ['connected']),
    new Promise<[string]>((resolve) => socket.once('error', () => resolve(['refused']))),
  ]);
  socket.destroy();
  expect(name).toBe('refused');
}

describe.each(['operator', 'serve', 'smoke-test'])('%s', (command) => {
  test(
    'opens no inspector, from its sources',
    async () => {
      expect(await signal('src/main.ts', command)).not.toMatch(LISTENS);
    },
    UP_TIMEOUT_MS,
  );

  test(
    'opens no inspector, as a bundle, even if nobody gave the flag',
    async () => {
      const dist = temporaryFolder();
      await bundle(dist);
      expect(await signal(join(dist, PROGRAM), command)).not.toMatch(LISTENS);
    },
    UP_TIMEOUT_MS,
  );
});

test('the inspector of a program that does not care would be noticed', async () => {
  const script = 'setInterval(() => {}, 1000); console.log("up");';
  const words = [process.execPath, '--inspect-port=0', '-e', script];
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', () => void child.kill('SIGUSR1'));
  child.stderr.on('data', (text: Buffer) => {
    output += text.toString();
  });
  await eventually('it listens', () => LISTENS.test(output));
});

test.each([
  ['Dockerfile', /^ENTRYPOINT \["\/usr\/local\/bin\/node", "--disable-sigusr1", /m],
  ['src/main.ts', /^#!\/usr\/bin\/env -S node --disable-sigusr1\n/],
  ['package.json', /"operator": "exec node --disable-sigusr1 src/],
  ['package.json', /"serve": "exec node --disable-sigusr1 src/],
  ['docs/install.md', /`node --disable-sigusr1 dist\/signing-keys\.mjs operator/],
])('%s starts the program so that not even its first moment has one', (file, pattern) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  expect(text).toMatch(pattern);
  expect(text).not.toMatch(
    /(?:node"?,? "?|bin\/node )(?:src\/main\.ts|\/app\/signing|dist\/signing)/,
  );
});
