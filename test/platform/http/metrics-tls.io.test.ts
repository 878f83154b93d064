/** The metrics by HTTPS on real sockets, from files that change as a kubelet changes them. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { OPERATIONAL_LIMITS } from '../../../src/platform/http/endpoint.ts';
import { startOperationalEndpoint } from '../../../src/platform/http/operational-endpoint.ts';
import { ProjectedVolume } from '../../support/files/projected-volume.ts';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import { recordLog } from '../../support/kube/log-recorder.ts';
import { type Credentials, makeCa } from '../../support/tls/forged-certificates.ts';
import { hasOpenssl, OpensslCa } from '../../support/tls/openssl.ts';
import { waitFor } from '../../support/wait/wait-for.ts';

const METRICS = 'signingkeys_keys 2\n';
const ca = makeCa();
const clientCa = makeCa('CA of clients');
const server = ca.issue();
const prometheus = clientCa.issue({ usage: 'clientAuth' });

const asSecret = ({ certificate, key }: Credentials) => ({
  'tls.crt': certificate,
  'tls.key': key,
});
const asClient = ({ certificate, key }: Credentials) => ({ cert: certificate, key });

async function start({ asksForCertificate = false, port = 0 } = {}) {
  const folder = temporaryFolder();
  const secret = new ProjectedVolume(join(folder, 'tls'));
  const authorities = new ProjectedVolume(join(folder, 'ca'));
  const log = recordLog();
  const flag = '--metrics-tls-listen';
  const endpoint = await startOperationalEndpoint({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, log },
    registry: { contentType: 'text/plain; version=0.0.4', metrics: async () => METRICS },
    unreadyBecause: () => null,
    metricsTls: {
      ...{ host: '127.0.0.1', port, flags: { host: flag, port: flag }, folder: secret.folder },
      clientCaFile: asksForCertificate ? join(authorities.folder, 'ca.crt') : null,
    },
    tlsPollIntervalMs: 20,
  });
  onTestFinished(() => endpoint.close(0));
  const tlsPort = endpoint.metricsTlsPort ?? 0;
  const ask = (options: ConnectionOptions = {}, path = '/metrics') =>
    answerOf(tlsPort, options, path);
  return { endpoint, tlsPort, secret, authorities, log, ask };
}

async function answerOf(port: number, options: ConnectionOptions, path: string) {
  const where = { host: '127.0.0.1', port, path, agent: false, ca: ca.certificate };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpsRequest({ ...where, ...options }, resolve)
      .on('error', reject)
      .end();
  });
  const body = await response.setEncoding('utf8').reduce((sum, part) => sum + part, '');
  return { status: response.statusCode, body };
}

async function plainAnswerOf(port: number, path: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, agent: false }, resolve).on('error', reject).end();
  });
  const body = await response.setEncoding('utf8').reduce((sum, part) => sum + part, '');
  return { status: response.statusCode, body };
}

/** Until it answers so. */
async function eventually(
  describe: string,
  look: () => Promise<unknown>,
  wanted: unknown,
  timeoutMs = 10_000,
) {
  const seen = async () => {
    const found = await look();
    expect(found).toEqual(wanted);
    return true;
  };
  await waitFor(seen, { timeoutMs, intervalMs: 10, describe });
}

const isServed = { status: 200, body: METRICS };

describe('without a CA of clients', () => {
  test('everybody reads the metrics by HTTPS, and nobody without it', async () => {
    const { endpoint, secret, ask, tlsPort } = await start();
    await secret.project(asSecret(server));
    await eventually('the certificate to be used', ask, isServed);
    expect(await ask({}, '/healthz')).toMatchObject({ status: 404 });
    expect(await plainAnswerOf(endpoint.port, '/metrics')).toEqual({
      status: 404,
      body: 'the metrics are served by HTTPS\n',
    });
    await expect(plainAnswerOf(tlsPort, '/metrics')).rejects.toThrow();
    await expect(ask({ maxVersion: 'TLSv1.2' })).rejects.toThrow();
    await expect(ask({ ca: clientCa.certificate })).rejects.toThrow('unable to');
  });

  test('probes need no certificate, whatever the certificate is', async () => {
    const { endpoint, secret } = await start();
    for (const path of ['/healthz', '/readyz']) {
      expect(await plainAnswerOf(endpoint.port, path)).toEqual({ status: 200, body: 'ok\n' });
    }
    await secret.project({ 'tls.crt': 'x', 'tls.key': 'x' });
    expect(await plainAnswerOf(endpoint.port, '/readyz')).toEqual({ status: 200, body: 'ok\n' });
  });

  test('a renewal, to another CA even, needs no restart', async () => {
    const { secret, ask, log } = await start();
    await secret.project(asSecret(server));
    await eventually('the first to be used', ask, isServed);
    const next = makeCa();
    await secret.project(asSecret(next.issue()));
    await eventually('the second to be used', () => ask({ ca: next.certificate }), isServed);
    await secret.project({ 'tls.crt': 'x', 'tls.key': 'x' });
    const isSaid = async () => log.lines.at(-1)?.fields['code'];
    await eventually('the bad one to be noticed', isSaid, 'METRICS_CERTIFICATE_INVALID');
    expect(await ask({ ca: next.certificate })).toEqual(isServed);
  });

  test('intermediates are shown, so that a client needs the root only', async () => {
    const { secret, ask } = await start();
    await secret.project(asSecret(ca.issueCa().issue()));
    await eventually('it to be used', ask, isServed);
  });
});

describe('with a CA of clients', () => {
  async function startMutual() {
    const world = await start({ asksForCertificate: true });
    await world.secret.project(asSecret(server));
    await world.authorities.project({ 'ca.crt': clientCa.certificate });
    const look = () => world.ask(asClient(prometheus));
    await eventually('the client to be let in', look, isServed);
    return world;
  }

  const stranger = makeCa('CA of clients');
  test.each([
    ['none', {}, 'CLIENT_CERTIFICATE_REQUIRED: show'],
    ['one of another CA', asClient(stranger.issue({ usage: 'clientAuth' })), '_REFUSED ('],
    ['one that it signed by itself', asClient(stranger), '_REFUSED ('],
    ['the server’s own', asClient(server), '_REFUSED ('],
    [
      'one of the CA for servers',
      asClient(clientCa.issue({ usage: 'serverAuth' })),
      '_REFUSED (INVALID_PURPOSE)',
    ],
    [
      'one that has expired',
      asClient(clientCa.issue({ usage: 'clientAuth', notAfter: '2021-01-01' })),
      '_REFUSED (CERT_HAS_EXPIRED)',
    ],
  ])('a client that shows %s gets 403, and is told why', async (_, options, words) => {
    const { ask } = await startMutual();
    const answer = await ask(options);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(words);
    expect(answer.body).not.toContain(METRICS);
  });

  test('an intermediate of the CA signs clients as well', async () => {
    const { ask } = await startMutual();
    const client = clientCa.issueCa().issue({ usage: 'clientAuth' });
    expect(await ask(asClient(client))).toEqual(isServed);
  });

  test('nobody gets in before the CA is there, nor if it turns empty', async () => {
    const { ask, secret, authorities, log } = await start({ asksForCertificate: true });
    await secret.project(asSecret(server));
    const isRead = async () => log.lines.some(({ message }) => message.endsWith('was read'));
    await eventually('the certificate to be read', isRead, true);
    await expect(ask(asClient(prometheus))).rejects.toThrow();
    await authorities.project({ 'ca.crt': '' });
    await expect(ask(asClient(prometheus))).rejects.toThrow();
    await authorities.project({ 'ca.crt': clientCa.certificate });
    await eventually('the client to be let in', () => ask(asClient(prometheus)), isServed);
  });

  // A session keeps the verdict on the client from when it began.
  // A session keeps the verdict on the client's certificate from when it began.
  test('each connection is judged by itself, and none resumes an earlier one', async () => {
    const { tlsPort, authorities, ask } = await startMutual();
    const options = { ...asClient(prometheus), ca: ca.certificate };
    const first = await visit(tlsPort, options);
    const second = await visit(tlsPort, { ...options, ...first.session });
    expect(second.isResumed).toBe(false);
    await authorities.project({ 'ca.crt': stranger.certificate });
    const refused = { status: 403, body: expect.stringContaining('REFUSED') };
    await eventually('the client to be refused', () => ask(options), refused);
  });
});

/** Asks once on a connection of its own: whether it resumed a session, and the one that it was given. */
async function visit(port: number, options: ConnectionOptions) {
  let session: ConnectionOptions = {};
  const socket = connect({ host: '127.0.0.1', port, ...options });
  socket.on('session', (given) => {
    session = { session: given };
  });
  await once(socket, 'secureConnect');
  const isResumed = socket.isSessionReused();
  socket.end('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n').resume();
  await once(socket, 'close');
  return { isResumed, session };
}

test('handshakes that never end keep nobody out', async () => {
  const { secret, ask, tlsPort, endpoint } = await start();
  await secret.project(asSecret(server));
  await eventually('the certificate to be used', ask, isServed);
  const early = connect({ host: '127.0.0.1', port: tlsPort, ca: ca.certificate });
  await once(early, 'secureConnect');
  const silent = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const socket = connectTcp(tlsPort, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    }),
  );
  for (let asked = 0; asked < 20; asked++) expect(await ask()).toEqual(isServed);
  // As many as the port has places: the others gave theirs up.
  const isFew = async () =>
    silent.filter(({ closed }) => !closed).length <= OPERATIONAL_LIMITS.connectionsMax;
  early.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await early.setEncoding('utf8').reduce((sum, part) => sum + part, '')).toContain(METRICS);
  // Before the time is up that each of them has.
  const inTimeMs = OPERATIONAL_LIMITS.headersTimeoutMs / 2;
  await eventually('the rest to be closed', isFew, true, inTimeMs);
  const startMs = performance.now();
  await endpoint.close(1000);
  expect(performance.now() - startMs).toBeLessThan(900);
});

test('a port that another process uses ends the start, and leaves nothing open', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(start({ port })).rejects.toThrow('choose another port (--metrics-tls-listen)');
});

describe.skipIf(!hasOpenssl())('with certificates that openssl made', () => {
  test('server and client fit, and a key in the form of RFC 5915 too', async () => {
    const openssl = new OpensslCa(temporaryFolder());
    const own = openssl.issue('serverAuth');
    const client = { ...asClient(openssl.issue('clientAuth')), ca: openssl.certificate };
    const { ask, tlsPort, secret, authorities } = await start({ asksForCertificate: true });
    await authorities.project({ 'ca.crt': openssl.certificate });
    await secret.project(asSecret(own));
    await eventually('the client to be let in', () => ask(client), isServed);
    expect(await ask({ ca: openssl.certificate })).toMatchObject({ status: 403 });
    const renewed = openssl.issue('serverAuth');
    const key = openssl.asSec1(renewed.key);
    expect(key).toContain('BEGIN EC PRIVATE KEY');
    await secret.project(asSecret({ ...renewed, key }));
    const { fingerprint256 } = new X509Certificate(renewed.certificate);
    await eventually('the renewed to be shown', () => shownBy(tlsPort, client), fingerprint256);
    expect(await ask(client)).toEqual(isServed);
  });
});

/** The fingerprint of the server's certificate. */
async function shownBy(port: number, options: ConnectionOptions): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, ...options });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()?.fingerprint256;
  } finally {
    socket.destroy();
  }
}
