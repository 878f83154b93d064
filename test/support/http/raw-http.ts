import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection on which a test writes bytes of its own choice. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that came so far, as latin1. */
  received(): string;
  /** Resolves with all that came once the peer has closed. */
  readonly closed: Promise<string>;
}

/** @param from the client's own address, of the loopback network */
export async function openRaw(port: number, from = '127.0.0.1'): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  const closed = new Promise<string>((resolve) => {
    // A reset is one of the ways to be closed.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { socket, received: () => received, closed };
}

export interface RawResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends one request on a connection of its own. */
export async function sendRaw(
  port: number,
  requestLine: string,
  headers: readonly string[] = [],
): Promise<RawResponse> {
  const connection = await openRaw(port);
  const lines = [`${requestLine} HTTP/1.1`, 'Host: test', 'Connection: close', ...headers];
  connection.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return parseResponse(await connection.closed);
}

export function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(statusLine?.split(' ')[1]), headers, body: text.slice(end + 4) };
}
