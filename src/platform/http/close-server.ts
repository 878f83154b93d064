import type { Server } from 'node:http';
import type { Clock } from '../clock.ts';

/**
 * Accepts no more connections, closes idle ones, lets running answers end, and closes all others after
 * `graceMs`. Resolves when no connection is left.
 */
export async function closeServer(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const over = new AbortController();
  const closed = new Promise<void>((resolve) => {
    // Closes idle connections as well.
    server.close(() => {
      over.abort();
      resolve();
    });
  });
  await clock.sleepUntil(clock.monotonicMs() + graceMs, over.signal).catch(() => {
    // All connections ended in time.
  });
  server.closeAllConnections();
  await closed;
}
