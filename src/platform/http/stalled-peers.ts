import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';

/**
 * Closes connections whose peer has left an answer unread for one to two times `unreadTimeoutMs`, until
 * the signal aborts. node:http has timeouts for what it receives but not for what it sends, so a peer
 * that pipelines requests and reads no answer could hold memory permanently. One periodic check of
 * all connections is cheaper than a timeout for each.
 */
export function cutStalledPeers(
  server: Server,
  unreadTimeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): void {
  /** The bytes written to each open connection at the last check, or null if all had been read. */
  const open = new Map<Socket, number | null>();
  server.on('connection', (socket) => {
    open.set(socket, null);
    socket.once('close', () => open.delete(socket));
  });
  const look = () => {
    for (const [socket, before] of open) {
      const written = socket.writableLength > 0 ? socket.bytesWritten : null;
      if (written !== null && written === before) socket.destroy();
      else open.set(socket, written);
    }
  };
  const run = async () => {
    while (!signal.aborted) {
      await clock.sleepUntil(clock.monotonicMs() + unreadTimeoutMs, signal);
      look();
    }
  };
  // Only the signal ends it.
  run().catch(() => undefined);
}
