import type { Server } from 'node:http';
import type { Clock } from '../clock.ts';

/**
 * Takes no new connection, closes idle ones, lets answers under way end, and cuts the connections
 * that are left after `graceMs`. Resolves when none is left.
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
    // All connections ended by themselves.
  });
  server.closeAllConnections();
  await closed;
}
