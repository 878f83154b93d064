/**
 * The connections of a TLS server on which no request can arrive yet. node:tls bounds how long a
 * handshake takes, but not how many there are.
 */
import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { type Peer, Peers, peerOf } from './peers.ts';

interface Handshake {
  readonly socket: Socket;
  readonly end: string;
  readonly peer: Peer<Handshake>;
}

export class Handshakes {
  readonly #open = new Map<string, Handshake>();
  readonly #peers = new Peers<Handshake>();
  #isEnding = false;

  /** @param max one more takes the place of the longest that the peer with the most has */
  constructor(server: Server, max: number) {
    server.on('connection', (socket: Socket) => this.#begin(socket, max));
    server.on('secureConnection', (socket) => this.#forget(endOf(socket)));
    // node:https reports it as a bad request, which has no connection of its own to answer on.
    server.on('tlsClientError', (_, socket) => socket.destroy());
  }

  /** Ends those that are open, and all that begin from now on. */
  end(): void {
    this.#isEnding = true;
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #begin(socket: Socket, max: number): void {
    if (this.#isEnding) return void socket.destroy();
    if (this.#open.size >= max) this.#makeRoom();
    const end = endOf(socket);
    const peer = this.#peers.of(peerOf(socket.remoteAddress));
    const handshake = { socket, end, peer };
    // Those that are closed already have the same end: none.
    this.#forget(end);
    this.#open.set(end, handshake);
    this.#peers.add(peer, handshake);
    // By then another connection may have that end.
    socket.once('close', () => {
      if (this.#open.get(end) === handshake) this.#forget(end);
    });
  }

  #makeRoom(): void {
    const longest = this.#peers.longestIdle();
    if (longest === undefined) return;
    this.#forget(longest.end);
    longest.socket.destroy();
  }

  #forget(end: string): void {
    const handshake = this.#open.get(end);
    if (handshake === undefined) return;
    this.#open.delete(end);
    this.#peers.remove(handshake.peer, handshake);
  }
}

/** The other end: node:tls does not say which TCP connection a TLS connection is on. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
