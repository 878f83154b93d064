import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from './certificate.ts';

export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on a real socket that answers as the test says, and counts what reaches it. */
export interface ApiSocket extends AsyncDisposable {
  /** How the next requests are answered; may be set again at any time. */
  answer: Answering;
  readonly url: string;
  readonly port: number;
  /** Connections that were ever opened, and that are open now. */
  readonly opened: number;
  readonly open: number;
  /** `GET /api/v1/…` of every request, in order. */
  readonly requests: readonly string[];
  /** Restarts with another certificate on the same port. */
  useCertificate(certificate: TestCertificate): void;
}

export async function startApiSocket(answer: Answering, tls?: TestCertificate): Promise<ApiSocket> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let opened = 0;
  const listener: Answering = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    socket.answer(request, response);
  };
  // Asks for a client certificate, and accepts any.
  const clients = { requestCert: true, rejectUnauthorized: false };
  const secure =
    tls === undefined
      ? null
      : createHttps({ cert: tls.certificate, key: tls.key, ...clients }, listener);
  const server = secure ?? createHttp(listener);
  server.keepAliveTimeout = 60_000;
  server.on('connection', (connection: Socket) => {
    opened += 1;
    sockets.add(connection);
    connection.on('close', () => sockets.delete(connection));
    connection.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket: ApiSocket = {
    answer,
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    get opened() {
      return opened;
    },
    get open() {
      return sockets.size;
    },
    useCertificate(certificate) {
      secure?.setSecureContext({ cert: certificate.certificate, key: certificate.key });
      for (const connection of sockets) connection.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const connection of sockets) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return socket;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** An API server without any object: lists are empty, watches stay silent. */
export function sendEmptyLists(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.includes('watch=true')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    return;
  }
  sendJson(response, 200, { kind: 'List', metadata: { resourceVersion: '1' }, items: [] });
}

/** A folder of its own for a test, gone at its end. */
export class TestFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'signing-keys-test-'));

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A kubeconfig with one context; JSON is YAML. */
export function kubeconfigText(cluster: object, user: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'auth' } }],
  });
}
