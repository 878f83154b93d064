import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';

/**
 * Cuts connections whose peer has left an answer unread for `unreadTimeoutMs` to twice that, until
 * the signal aborts. node:http bounds what comes in but not what goes out, and pipelined requests
 * that nobody reads the answers of would hold their memory for ever. The connections are looked at
 * from time to time, because a timeout on each would cost every request.
 */
export function cutStalledPeers(
  server: Server,
  unreadTimeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): void {
  /** Each open connection with how much was written to it at the last look, if any was unread. */
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
  // The only way for it to end is the signal.
  run().catch(() => undefined);
}
