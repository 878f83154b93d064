/**
 * Names of key Secrets that a POST found taken, by objects without a label of the set. Each reading
 * looks for them by name.
 */

/** Of one set; each costs a request in every reading. The oldest go first. */
export const TAKEN_NAMES_MAX = 256;

export class TakenNames {
  readonly #names = new Set<string>();

  add(name: string): void {
    this.#names.add(name);
    const [oldest] = this.#names;
    if (this.#names.size > TAKEN_NAMES_MAX && oldest !== undefined) this.#names.delete(oldest);
  }

  /** A complete reading found these: any other name is free again. */
  keepOnly(found: ReadonlySet<string>): void {
    for (const name of this.#names) if (!found.has(name)) this.#names.delete(name);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#names.values();
  }
}
