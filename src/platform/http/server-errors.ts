import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';

/** Between two log lines. While the system has no room for connections, accepting fails constantly. */
export const SERVER_ERROR_LOG_INTERVAL_MS = 60_000;

/**
 * Logs the errors of a listening server from now on. Without a listener for them, one connection that
 * can't be accepted would end the process.
 */
export function logServerErrors(server: Server, log: Log, clock: Clock): void {
  const { port } = server.address() as AddressInfo;
  let nextMs = Number.NEGATIVE_INFINITY;
  let unlogged = 0;
  server.on('error', (err) => {
    const nowMs = clock.monotonicMs();
    if (nowMs < nextMs) {
      unlogged += 1;
      return;
    }
    log.error({ err, port, unlogged }, 'the HTTP server reports an error');
    nextMs = nowMs + SERVER_ERROR_LOG_INTERVAL_MS;
    unlogged = 0;
  });
}
