/** Gives a slot back. Calls after the first do nothing. */
export type GiveBack = () => void;

/** A bound on how much is under way at once. What is beyond it waits for its turn. */
export class Slots {
  #free: number;
  /** In the order in which they came; each starts the one that waits. */
  readonly #waiting = new Set<() => void>();

  /** @param max may be infinite */
  constructor(max: number) {
    this.#free = max;
  }

  /** Rejects with the signal's reason as soon as it aborts: then no slot was taken. */
  async take(signal: AbortSignal): Promise<GiveBack> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#next();
      isHeld = false;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(start);
        signal.removeEventListener('abort', giveUp);
      };
      const giveUp = () => {
        leave();
        reject(signal.reason);
      };
      const start = () => {
        leave();
        resolve();
      };
      this.#waiting.add(start);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The slot goes from hand to hand, so that nobody who comes later takes it. */
  #next(): void {
    const [start] = this.#waiting;
    if (start === undefined) this.#free += 1;
    else start();
  }
}
