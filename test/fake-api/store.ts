import { type JsonObject, nameOf, namespaceOf, withMetadata } from './json/json.ts';

/** One committed change. */
export interface Change {
  readonly revision: number;
  readonly storage: string;
  readonly key: string;
  readonly before: JsonObject | null;
  /** Null for a deletion. */
  readonly after: JsonObject | null;
}

/** Where an object is kept: `namespace/name`, and `/name` if it has no namespace. */
export function keyOf(object: JsonObject): string {
  return `${namespaceOf(object)}/${nameOf(object)}`;
}

/**
 * Objects under one global revision, as etcd keeps them, with the history that watches and old
 * reads need. Objects are replaced whole and never changed in place.
 */
export class Store {
  readonly #objects = new Map<string, Map<string, JsonObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #historyMax: number;
  #changes: Change[] = [];
  #revision = 1;
  #compacted = 0;

  constructor(historyMax: number) {
    this.#historyMax = historyMax;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Changes up to this revision are forgotten. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  get(storage: string, key: string): JsonObject | null {
    return this.#objects.get(storage)?.get(key) ?? null;
  }

  /** Puts an object in, with its new resourceVersion, and tells the watches. */
  commit(storage: string, object: JsonObject): JsonObject {
    const after = withMetadata(object, { resourceVersion: String(this.#revision + 1) });
    this.#record(storage, keyOf(after), after);
    return after;
  }

  remove(storage: string, key: string): void {
    this.#record(storage, key, null);
  }

  /** Everything of one storage in the order of its keys, now or as of an earlier revision. */
  all(storage: string, revision = this.#revision): JsonObject[] {
    const objects = new Map(this.#objects.get(storage));
    for (let index = this.#changes.length - 1; index >= 0; index -= 1) {
      const change = this.#changes[index];
      if (change === undefined || change.revision <= revision) break;
      if (change.storage !== storage) continue;
      if (change.before) objects.set(change.key, change.before);
      else objects.delete(change.key);
    }
    return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Changes of one storage after a revision. */
  changesAfter(storage: string, revision: number): Change[] {
    return this.#changes.filter(
      (change) => change.storage === storage && change.revision > revision,
    );
  }

  /** Forgets the history up to a revision: older watches and lists get 410 from now on. */
  compact(revision = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, revision);
    this.#changes = this.#changes.filter((change) => change.revision > revision);
  }

  /** @returns a function that ends the subscription. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(storage: string, key: string, after: JsonObject | null): void {
    const objects = this.#objects.get(storage) ?? new Map<string, JsonObject>();
    this.#objects.set(storage, objects);
    const before = objects.get(key) ?? null;
    if (after) objects.set(key, after);
    else objects.delete(key);
    this.#revision += 1;
    const change: Change = { revision: this.#revision, storage, key, before, after };
    this.#changes.push(change);
    // Twice the bound, then half is dropped at once: dropping one for each would cost O(n) each.
    if (this.#changes.length > 2 * this.#historyMax) {
      this.compact(this.#changes[this.#historyMax]?.revision);
    }
    for (const listener of [...this.#listeners]) listener(change);
  }
}
