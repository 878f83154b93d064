/**
 * Names of key Secrets that a POST found taken, by objects without a label of the set. Each reading
 * looks for them by name.
 */

/**
 * Of one set; each costs a request in every reading. A full memory takes no more: if it dropped one, the
 * next key would try that name again, and then the next one, without end.
 */
export const TAKEN_NAMES_MAX = 2_000;

export class TakenNames {
  readonly #names = new Set<string>();

  add(name: string): void {
    if (this.#names.size < TAKEN_NAMES_MAX) this.#names.add(name);
  }

  /** A complete reading found these: any other name is free again. */
  keepOnly(found: ReadonlySet<string>): void {
    for (const name of this.#names) if (!found.has(name)) this.#names.delete(name);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#names.values();
  }
}
