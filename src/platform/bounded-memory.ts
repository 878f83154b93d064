/** Remembers values by key, up to a maximum number. Beyond that it forgets the oldest. */
export class BoundedMemory<Value> {
  readonly #max: number;
  readonly #values = new Map<string, Value>();

  /** @param max the maximum number of values */
  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#max && oldest !== undefined) this.#values.delete(oldest);
  }
}
