import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startProgram } from '../server/serve-process.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';

/** No cluster at all: neither a home with a kubeconfig nor a pod's environment. */
const NOWHERE = { HOME: '/nonexistent' };

describe('what a user can correct ends in one line and exit code 2', () => {
  test.each([
    [['--leader-elec'], {}, 'error: unknown option'],
    [['more'], {}, 'error: too many arguments'],
    [['--workers', '0'], {}, `error: --workers is '0'; write a whole number from 1 to 64`],
    [['--listen', '8081'], {}, `error: --listen is '8081'; write host:port`],
    [['--drain-timeout', '1d'], {}, `error: --drain-timeout is '1d'; write a duration`],
    [['--log-format', 'xml'], {}, `error: --log-format is 'xml'; write one of json, pretty`],
    [
      [],
      { SIGNING_KEYS_WORKERS: 'many' },
      `the environment variable SIGNING_KEYS_WORKERS is 'many'; write a whole`,
    ],
    [[], {}, 'error: no cluster is configured'],
    [['--kubeconfig', '/not/there'], {}, 'error: '],
    [['--kubeconfig', 'package.json'], {}, 'error: '],
    [[], { KUBECONFIG: '/not/there' }, 'error: '],
    [[], { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' }, 'error: '],
  ])('%j with %j', async (flags, env, message) => {
    const program = startProgram(['operator', ...flags], { ...NOWHERE, ...env });
    expect(await program.ended).toBe(2);
    expect(program.output()).toContain(message);
    expect(program.output().split('\n')).toHaveLength(2);
  });

  test('a port that another process uses', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as { port: number };
      const kubeconfig = join(temporaryFolder(), 'kubeconfig');
      writeFileSync(kubeconfig, kubeconfigOf('https://127.0.0.1:1'));
      const flags = ['--kubeconfig', kubeconfig, '--listen', `127.0.0.1:${port}`];
      const program = startProgram(['operator', ...flags], NOWHERE);
      expect(await program.ended).toBe(2);
      expect(program.output()).toContain(`error: can't listen on 127.0.0.1 port ${port} `);
      expect(program.output()).toContain('choose another port (--listen)\n');
      expect(program.output().split('\n')).toHaveLength(2);
    } finally {
      other.close();
    }
  });
});

test('--help names every flag with its environment variable and default', async () => {
  const program = startProgram(['operator', '--help'], NOWHERE);
  expect(await program.ended).toBe(0);
  for (const [flag, variable] of [
    ['--kubeconfig', 'SIGNING_KEYS_KUBECONFIG'],
    ['--watch-namespaces', 'SIGNING_KEYS_WATCH_NAMESPACES'],
    ['--listen', 'SIGNING_KEYS_LISTEN'],
    ['--leader-elect', 'SIGNING_KEYS_LEADER_ELECT'],
    ['--log-level', 'SIGNING_KEYS_LOG_LEVEL'],
  ] as const) {
    expect(program.output()).toContain(flag);
    expect(program.output()).toContain(variable);
  }
  expect(widest(program.output())).toBeLessThanOrEqual(HELP_WIDTH);
});

test('--help of the JWKS server fits into a terminal, too', async () => {
  const program = startProgram(['serve', '--help']);
  expect(await program.ended).toBe(0);
  expect(program.output()).toContain('--content-type <type>');
  expect(widest(program.output())).toBeLessThanOrEqual(HELP_WIDTH);
});

/** In columns. */
const HELP_WIDTH = 100;

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 'none' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
