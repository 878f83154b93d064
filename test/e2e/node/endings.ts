/** What has been started, to be ended the other way round. */
export class Endings {
  readonly #endings: (() => Promise<void>)[] = [];

  push(...endings: readonly (() => Promise<void>)[]): void {
    this.#endings.push(...endings);
  }

  /** Ends all of it, each once; what fails keeps nothing else from being ended. */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (const ending of this.#endings.splice(0).toReversed()) {
      await ending().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new AggregateError(errors, `not all could be ended: ${errors}`);
  }
}
