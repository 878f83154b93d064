/**
 * Clients that a server must survive. Each load has a maximum number of connections, and ends when the
 * signal aborts. A connection that the server closes is opened again, as an attacker would.
 */
import { connect, type Socket } from 'node:net';

/** How long a load waits before it opens a closed connection again. */
const REOPEN_DELAY_MS = 1000;
const KEEP_ALIVE_INTERVAL_MS = 2000;
/** Connections are not opened all at once, or the kernel's queue of new ones would overflow. */
const OPENED_A_TICK = 100;
/** What a pipelining client has queued on its side at most. */
const QUEUED_BYTES_MAX = 1_000_000;

export interface LoadTarget {
  readonly port: number;
  /** The clients' own address. */
  readonly from: string;
  readonly path: string;
  readonly connections: number;
}

export type LoadName = keyof typeof LOADS;

export const LOADS = {
  /** Asks and asks, and reads nothing. */
  pipelining: (socket: Socket, { path }: LoadTarget) => {
    socket.pause();
    const requests = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(1000);
    const ask = () => {
      while (!socket.destroyed && socket.writableLength < QUEUED_BYTES_MAX) socket.write(requests);
    };
    socket.on('drain', ask);
    ask();
  },
  /** Asks now and then, so that no timeout closes its connection. */
  'keep-alive': (socket: Socket, { path }: LoadTarget) => {
    socket.resume();
    const ask = () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const timer = setInterval(ask, KEEP_ALIVE_INTERVAL_MS);
    socket.once('close', () => clearInterval(timer));
    ask();
  },
  /** Sends as many headers as are accepted, and never their end. */
  'endless-headers': (socket: Socket, { path }: LoadTarget) => {
    socket.resume();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${'a:b\r\n'.repeat(3000)}`);
    const timer = setInterval(() => socket.write('a:b\r\n'), KEEP_ALIVE_INTERVAL_MS);
    socket.once('close', () => clearInterval(timer));
  },
  /** Announces a body and never sends it. */
  'endless-bodies': (socket: Socket, { path }: LoadTarget) => {
    socket.resume();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx`);
  },
  /** Sends what is not HTTP. */
  garbage: (socket: Socket) => {
    socket.pause();
    socket.write('\x16\x03\x01 what is this\r\n\r\n'.repeat(2000));
  },
} as const;

/** Puts the load on the target until the signal aborts. Resolves when none of its sockets is left. */
export async function load(name: LoadName, target: LoadTarget, signal: AbortSignal): Promise<void> {
  const open = new Set<Socket>();
  const openOne = () => {
    if (signal.aborted) return;
    const socket = connect({
      port: target.port,
      host: '127.0.0.1',
      localAddress: target.from,
    });
    open.add(socket);
    socket.on('error', () => {});
    socket.once('connect', () => LOADS[name](socket, target));
    socket.once('close', () => {
      open.delete(socket);
      setTimeout(openOne, REOPEN_DELAY_MS);
    });
  };
  for (let opened = 0; opened < target.connections && !signal.aborted; opened++) {
    openOne();
    if (opened % OPENED_A_TICK === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const socket of open) socket.destroy();
}
