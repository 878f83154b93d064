/** Gives a slot back. Calls after the first do nothing. */
export type GiveBack = () => void;

/** Limits how many things run at once. The others wait in order. */
export class Slots {
  #free: number;
  /** In order of arrival. Calling one starts what waits. */
  readonly #waiting = new Set<() => void>();

  /** @param max the maximum number at once; may be infinite */
  constructor(max: number) {
    this.#free = max;
  }

  /** Takes a slot. If the signal aborts first, rejects with its reason and takes none. */
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

  /** Passes the slot on directly, so that no newcomer can take it first. */
  #next(): void {
    const [start] = this.#waiting;
    if (start === undefined) this.#free += 1;
    else start();
  }
}
