/**
 * The names of the key Secrets that a set has, as its last list showed them. The API server finds them by label
 * among all Secrets of the namespace, so a list costs more with each neighbour: a reading asks for each
 * known name instead. A list follows as soon as there may be a name that is not known.
 */

/** At the latest so long after the last one a reading lists: a watch may have missed something. */
export const LISTED_AGAIN_MS = 600_000;
/** If more names than this are known, one list is cheaper. */
export const NAMES_MAX = 16;
/** A set that had nothing when it was listed may do without a list for so long, until it has a ledger. */
export const BLANK_MS = 30_000;

/** Of one set. Times are the clock's monotonic milliseconds. */
export class KnownKeySecrets {
  readonly #names = new Set<string>();
  #setUid = '';
  #listedAtMs: number | null = null;
  #isBlank = false;
  /** Key Secrets that a watch has shown under names that are not known. */
  #surprises = 0;
  #surprisesListed = 0;

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Whether the next reading of the set with this UID must list, whatever else it finds. */
  isListDue(setUid: string, nowMs: number): boolean {
    if (this.#listedAtMs === null || setUid !== this.#setUid) return true;
    if (this.#surprises !== this.#surprisesListed || this.#names.size > NAMES_MAX) return true;
    return nowMs - this.#listedAtMs >= LISTED_AGAIN_MS;
  }

  /** When the next list is due if nothing happens; null if none was made yet. */
  get dueAtMs(): number | null {
    return this.#listedAtMs === null ? null : this.#listedAtMs + LISTED_AGAIN_MS;
  }

  /** Whether nothing but what this process made can be there, of a set without a ledger. */
  isBlank(nowMs: number): boolean {
    return this.#isBlank && this.#listedAtMs !== null && nowMs - this.#listedAtMs < BLANK_MS;
  }

  /** A list begins. @returns what to call with the names that it showed */
  listing(setUid: string, nowMs: number): (names: readonly string[]) => void {
    // A watch may report more while the list is on its way.
    const surprises = this.#surprises;
    return (names) => {
      this.#names.clear();
      for (const name of names) this.#names.add(name);
      this.#setUid = setUid;
      this.#listedAtMs = nowMs;
      this.#surprisesListed = surprises;
      this.#isBlank = false;
    };
  }

  /** The reading that listed has found no object of the set at all. */
  foundNothing(): void {
    this.#isBlank = true;
  }

  /** A POST of this name is about to be sent. */
  add(name: string): void {
    this.#names.add(name);
  }

  /** Nothing has this name any more. */
  forget(name: string): void {
    this.#names.delete(name);
  }

  /** A watch shows a key Secret of the set. */
  shown(name: string): void {
    if (!this.#names.has(name)) this.#surprises += 1;
  }
}
