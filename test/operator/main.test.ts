import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startProgram } from '../server/serve-process.ts';
import { ProjectedVolume } from '../support/files/projected-volume.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { makeCa } from '../support/tls/forged-certificates.ts';
import { waitFor } from '../support/wait/wait-for.ts';

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
    [
      ['--metrics-client-ca-file', 'x'],
      {},
      'error: --metrics-client-ca-file is set and --metrics-tls',
    ],
    [
      ['--metrics-tls-listen', '8443'],
      {},
      `error: --metrics-tls-listen is '8443'; write host:port`,
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

test('with a certificate its metrics are served by HTTPS, and probes as before', async () => {
  const ca = makeCa();
  const { certificate, key } = ca.issue();
  const secret = new ProjectedVolume(join(temporaryFolder(), 'tls'));
  await secret.project({ 'tls.crt': certificate, 'tls.key': key });
  const kubeconfig = join(temporaryFolder(), 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf('https://127.0.0.1:1'));
  const address = '127.0.0.1:0';
  const program = startProgram(
    ['operator', '--kubeconfig', kubeconfig, '--listen', address, '--metrics-tls-listen', address],
    { ...NOWHERE, SIGNING_KEYS_METRICS_TLS_DIR: secret.folder },
  );
  const [, port, tlsPort] = await waitFor(
    () => /"port":([0-9]+),"metricsTlsPort":([0-9]+)/.exec(program.output()),
    { timeoutMs: 10_000, describe: 'both ports' },
  );
  const secure = request({
    ...{ host: '127.0.0.1', port: tlsPort, path: '/metrics', agent: false, ca: ca.certificate },
  }).end();
  const [response]: IncomingMessage[] = await once(secure, 'response');
  const text = await response?.setEncoding('utf8').reduce((sum, part) => sum + part, '');
  expect(text).toContain('leader_election_master_status');
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
  expect(await status('/metrics')).toBe(404);
  expect(program.output()).not.toContain('PRIVATE KEY');
  program.kill('SIGTERM');
  expect(await program.ended).toBe(0);
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
