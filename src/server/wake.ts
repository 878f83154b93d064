/** A wait that others can end, even before it begins. */
import type { Clock } from '../platform/clock.ts';

export class Wake {
  readonly #clock: Clock;
  #raised = false;
  #sleep: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the present wait, or the next one if there is none. */
  raise(): void {
    this.#raised = true;
    this.#sleep?.abort();
  }

  async wait(untilMs: number): Promise<void> {
    if (!this.#raised) {
      this.#sleep = new AbortController();
      await this.#clock.sleepUntil(untilMs, this.#sleep.signal).catch(() => undefined);
    }
    this.#raised = false;
  }
}
