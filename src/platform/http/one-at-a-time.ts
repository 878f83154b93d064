/**
 * Hands node:http one request of a connection at a time. By itself it takes all that one read of the
 * socket brings, which can be 2,500 pipelined requests: it makes objects of all of them before the
 * first is answered, some 10 MB for one connection, whether or not the client ever reads. Here, what
 * waits for its turn stays as the bytes that it is, and what was not read stays in the kernel, which
 * tells the client to wait.
 */
import type { Socket } from 'node:net';

/** The end of a request's headers, and of a chunked body: a request has at least one. */
const REQUEST_END = '\r\n\r\n';
/** What a socket holds at most while a request waits: two reads, of which libuv decides the size. */
export const WAITING_BYTES_MAX = 128 * 1024;
/**
 * How many pipelined requests are handed over before other events have their turn. The event loop
 * accepts one connection a turn, so a long turn would keep new clients waiting.
 */
const PIPELINED_A_TURN = 16;

/** The connections of a server whose clients pipeline. They take turns, one request each. */
export class PipelineTurns {
  readonly #waiting = new Set<OneAtATime>();
  #isScheduled = false;

  add(connection: OneAtATime): void {
    this.#waiting.add(connection);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      // Those that are added meanwhile wait for the next turn.
      for (const connection of [...this.#firstFew()]) {
        this.#waiting.delete(connection);
        connection.takeTurn();
      }
      if (this.#waiting.size > 0) this.#schedule();
    });
  }

  *#firstFew(): Generator<OneAtATime> {
    let count = 0;
    for (const connection of this.#waiting) {
      if (count++ === PIPELINED_A_TURN) return;
      yield connection;
    }
  }
}

export class OneAtATime {
  readonly #socket: Socket;
  readonly #turns: PipelineTurns;
  readonly #feed: (piece: Buffer) => void;
  /** Whether the answer to an earlier request was not sent yet. */
  #isBusy = false;
  #isPaused = false;

  /** @param socket of a node:http server, which has just begun to listen for its data */
  constructor(socket: Socket, turns: PipelineTurns) {
    this.#socket = socket;
    this.#turns = turns;
    const [listener] = socket.listeners('data');
    if (listener === undefined) throw new Error('node:http does not listen for data');
    socket.off('data', listener as (data: Buffer) => void);
    this.#feed = listener.bind(socket) as (piece: Buffer) => void;
    socket.on('data', (data: Buffer) => this.#feedFirst(data));
  }

  /** While it is, no request is handed over. */
  set isBusy(isBusy: boolean) {
    this.#isBusy = isBusy;
    if (!isBusy && this.#isPaused) this.#turns.add(this);
  }

  /** Goes on with what waits, unless the connection is busy or closed. */
  takeTurn(): void {
    const socket = this.#socket;
    if (!this.#isPaused || this.#isBusy || socket.destroyed) return;
    this.#isPaused = false;
    Reflect.deleteProperty(socket, 'resume');
    socket.resume();
  }

  #feedFirst(bytes: Buffer): void {
    const end = bytes.indexOf(REQUEST_END, 0, 'latin1');
    const length = end === -1 ? bytes.length : end + REQUEST_END.length;
    if (length === bytes.length) {
      this.#feed(bytes);
      if (this.#isBusy) this.#pause();
      return;
    }
    this.#pause();
    // The socket keeps it, and does not end before it was handed over.
    this.#socket.unshift(bytes.subarray(length));
    this.#feed(bytes.subarray(0, length));
    if (!this.#isBusy) this.#turns.add(this);
  }

  #pause(): void {
    const socket = this.#socket;
    this.#isPaused = true;
    socket.pause();
    // node:http resumes the socket for each request that it is handed.
    socket.resume = () => socket;
  }
}
