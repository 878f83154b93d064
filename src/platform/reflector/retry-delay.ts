/** Like client-go's reflector: 0.8 s, doubled up to 30 s. */
export const RETRY_MIN_MS = 800;
export const RETRY_MAX_MS = 30_000;
/** Adds up to half, so that clients that failed together do not all retry together. */
export const RETRY_JITTER = 0.5;

/** Delays that double with each failure. */
export class RetryDelay {
  readonly #random: () => number;
  #baseMs = RETRY_MIN_MS;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  nextMs(): number {
    const baseMs = this.#baseMs;
    this.#baseMs = Math.min(baseMs * 2, RETRY_MAX_MS);
    return baseMs * (1 + RETRY_JITTER * this.#random());
  }

  reset(): void {
    this.#baseMs = RETRY_MIN_MS;
  }
}
