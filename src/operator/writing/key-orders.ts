/** Gets the key that a step needs without holding up the pass, nor other sets: see KeyPool. */
import type { KeyKind } from '../../core/formats/spec.ts';
import type { Clock } from '../../platform/clock.ts';
import { withDeadline } from '../../platform/deadline.ts';
import type { KeyPair } from '../../platform/keys/key-maker.ts';
import { isQuick, type KeyPool } from '../../platform/keys/key-pool.ts';
import type { Log } from '../../platform/log/log.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import { setNameOf } from '../reading/set-name.ts';

/** A pass waits so long for a key of a quick kind: coming back would cost a reading. */
export const QUICK_KEY_WAIT_MS = 25;
/** If a key could not be made, its set comes back after this long. */
const ORDERED_AGAIN_MS = 10_000;

export interface KeyOrdersOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly pool: KeyPool;
  /** Asks for a pass at this monotonic time. */
  readonly wakeAt: (setKey: string, atMs: number) => void;
}

export class KeyOrders {
  readonly #options: KeyOrdersOptions;

  constructor(options: KeyOrdersOptions) {
    this.#options = options;
  }

  /** @returns null if the key is not there yet: the set's turn comes back when it is. */
  async take(
    setKey: string,
    memory: SetMemory,
    kind: KeyKind,
    secretName: string,
    signal: AbortSignal,
  ): Promise<KeyPair | null> {
    const { preparedKey } = memory;
    const prepared = preparedKey.forSecret(kind, secretName);
    if (prepared !== null) return prepared;
    const known = preparedKey.ordered(kind);
    const ordered = known ?? this.#order(setKey, memory, kind);
    if (isQuick(kind)) await this.#waitAMoment(ordered, signal);
    const made = preparedKey.forSecret(kind, secretName);
    // A second order of the same key would wake the set twice.
    if (made === null && known === null) void ordered.then(() => this.#wake(setKey, 0));
    return made;
  }

  #order(setKey: string, memory: SetMemory, kind: KeyKind): Promise<void> {
    const { log, pool } = this.#options;
    const order = { group: setNameOf(setKey).namespace, lane: memory.urgency.lane(), kind };
    return memory.preparedKey.order(
      kind,
      (signal) => pool.make(order, signal),
      (error) => {
        log.warn({ set: setKey, err: error }, 'a key could not be made; it will be retried');
        this.#wake(setKey, ORDERED_AGAIN_MS);
      },
    );
  }

  async #waitAMoment(ordered: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + QUICK_KEY_WAIT_MS;
    await withDeadline(clock, untilMs, signal, (bounded) => {
      const isOver = new Promise<void>((resolve) => {
        bounded.addEventListener('abort', () => resolve(), { once: true });
      });
      return Promise.race([ordered, isOver]);
    });
    signal.throwIfAborted();
  }

  #wake(setKey: string, afterMs: number): void {
    const { clock, wakeAt } = this.#options;
    wakeAt(setKey, clock.monotonicMs() + afterMs);
  }
}
