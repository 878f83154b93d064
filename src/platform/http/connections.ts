/**
 * The open connections of a server, with the bounds that node:http does not have. It bounds what it
 * receives, but not what it sends: a peer that pipelines requests and reads no answer makes it hold
 * all of them. And when too many connections are open it closes the new one, so that whoever keeps
 * idle ones locks everyone else out.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { OneAtATime, PipelineTurns, WAITING_BYTES_MAX } from './one-at-a-time.ts';
import { type Peer, Peers, peerOf } from './peers.ts';

export interface ConnectionLimits {
  /**
   * The maximum number of open connections. One more takes the place of another: of the peer that has
   * the most, the one whose last request is the longest ago.
   */
  readonly connectionsMax: number;
  /** Of one peer (`peerOf`). One more takes the place of its longest idle one. Null: no such bound. */
  readonly connectionsPerPeerMax: number | null;
  /**
   * What unfinished answers of all connections may hold. Beyond it the connection whose answer is the
   * longest unfinished is closed.
   */
  readonly heldBytesMax: number;
  /** How long a peer may leave an answer unread. After at most twice that its connection is closed. */
  readonly unreadTimeoutMs: number;
}

/** Why a connection was closed: to make room for another, or because its answers were not read. */
export type CloseReason = 'room' | 'unread';

/** What node:http holds for a request until its answer was sent, about. */
const REQUEST_BYTES = 4096;

interface Connection {
  readonly socket: Socket;
  readonly peer: Peer<Connection>;
  readonly requests: OneAtATime;
  /** Requests whose answers were not sent whole yet. */
  inFlight: number;
  heldBytes: number;
  /** Whether no further request is answered on it. */
  isEnding: boolean;
  /** Called once, when nothing is in flight any more. */
  onQuiet: (() => void) | null;
  /** The bytes that had been written at the last check if some were unread then; else null. */
  unreadAt: number | null;
}

/** An answer that was not sent whole yet. */
export interface Exchange {
  readonly connection: Connection;
  heldBytes: number;
}

export interface ConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  /** The server's event for a connection on which requests arrive. */
  readonly event: 'connection' | 'secureConnection';
  /** Ends the checks for unread answers. */
  readonly signal: AbortSignal;
  /** Called for each connection that is closed because of a bound. */
  readonly onClosed: (reason: CloseReason) => void;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<Socket, Connection>();
  readonly #peers = new Peers<Connection>();
  readonly #turns = new PipelineTurns();
  /** Those with requests in flight, the one that has had some for the longest time first. */
  readonly #busy = new Set<Connection>();
  #heldBytes = 0;

  constructor(server: Server, options: ConnectionsOptions) {
    this.#options = options;
    server.on(options.event, (socket: Socket) => this.#admit(socket));
    // Only the signal ends it.
    this.#checkUnread().catch(() => undefined);
  }

  /**
   * Notes that a request has arrived.
   * @returns whether it gets an answer; not if the connection is ending or closed
   */
  isAnswered(socket: Socket): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.isEnding) return false;
    this.#peers.touch(connection.peer, connection);
    return true;
  }

  /** No request that arrives from now on is answered on this connection. */
  endAfterThis(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.isEnding = true;
  }

  /**
   * No further request of the connection is read until this answer was sent whole. One that is sent by
   * the time that it was written needs no call.
   */
  hold(socket: Socket, response: ServerResponse): Exchange | null {
    const connection = this.#open.get(socket);
    if (connection === undefined) return null;
    const exchange = { connection, heldBytes: 0 };
    if (connection.inFlight++ === 0) {
      this.#busy.add(connection);
      connection.requests.isBusy = true;
    }
    response.once('finish', () => this.#end(exchange));
    this.holdBytes(exchange, REQUEST_BYTES + WAITING_BYTES_MAX);
    return exchange;
  }

  /** Counts an answer's bytes until it was sent. May close connections, this one included. */
  holdBytes(exchange: Exchange, bytes: number): void {
    if (!this.#open.has(exchange.connection.socket)) return;
    exchange.heldBytes += bytes;
    exchange.connection.heldBytes += bytes;
    this.#heldBytes += bytes;
    // One alone may hold more: its answer may be larger than the bound.
    while (this.#heldBytes > this.#options.limits.heldBytesMax && this.#busy.size > 1) {
      const [longest] = this.#busy;
      this.#close(longest, 'unread');
    }
  }

  /**
   * The connection can't be used any more. Calls back once its answers were sent, at once if none is in
   * flight; never if the connection is ending anyway or closed.
   */
  whenQuiet(socket: Socket, onQuiet: () => void): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.isEnding) return;
    connection.isEnding = true;
    if (connection.inFlight === 0) onQuiet();
    else connection.onQuiet = onQuiet;
  }

  #admit(socket: Socket): void {
    const { connectionsMax, connectionsPerPeerMax } = this.#options.limits;
    const name = peerOf(socket.remoteAddress);
    if (connectionsPerPeerMax !== null && this.#peers.sizeOf(name) >= connectionsPerPeerMax) {
      this.#close(this.#peers.longestIdleOf(name), 'room');
    }
    if (this.#open.size >= connectionsMax) this.#close(this.#peers.longestIdle(), 'room');
    const connection: Connection = {
      socket,
      peer: this.#peers.of(name),
      requests: new OneAtATime(socket, this.#turns),
      inFlight: 0,
      heldBytes: 0,
      isEnding: false,
      onQuiet: null,
      unreadAt: null,
    };
    this.#open.set(socket, connection);
    this.#peers.add(connection.peer, connection);
    socket.once('close', () => this.#forget(connection));
  }

  #end({ connection, heldBytes }: Exchange): void {
    if (!this.#open.has(connection.socket)) return;
    connection.heldBytes -= heldBytes;
    this.#heldBytes -= heldBytes;
    if (--connection.inFlight > 0) return;
    this.#busy.delete(connection);
    connection.unreadAt = null;
    connection.onQuiet?.();
    connection.onQuiet = null;
    connection.requests.isBusy = false;
  }

  #close(connection: Connection | undefined, reason: CloseReason): void {
    if (connection === undefined) return;
    this.#forget(connection);
    connection.socket.destroy();
    this.#options.onClosed(reason);
  }

  #forget(connection: Connection): void {
    if (!this.#open.delete(connection.socket)) return;
    this.#peers.remove(connection.peer, connection);
    this.#busy.delete(connection);
    this.#heldBytes -= connection.heldBytes;
  }

  /** One periodic check of all connections is cheaper than a timeout for each. */
  async #checkUnread(): Promise<void> {
    const { clock, limits, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleepUntil(clock.monotonicMs() + limits.unreadTimeoutMs, signal);
      for (const connection of this.#busy) {
        const { socket, unreadAt } = connection;
        const written = socket.writableLength > 0 ? socket.bytesWritten : null;
        if (written !== null && written === unreadAt) this.#close(connection, 'unread');
        else connection.unreadAt = written;
      }
    }
  }
}
