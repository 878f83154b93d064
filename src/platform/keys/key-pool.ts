/**
 * Who may have a key made, and when: an RSA key of 4096 bits takes a core for seconds. What is urgent
 * comes first, groups (namespaces) take turns, and quick kinds never wait behind slow ones.
 */
import type { KeyKind } from '../../core/formats/spec.ts';
import { type Lane, WaitingKeys } from '../waiting-keys.ts';
import type { KeyMaker, KeyPair } from './key-maker.ts';

/**
 * The maximum number of RSA keys in the making. libuv has four threads by default, which also read files and
 * resolve names: one is left for that, and one for {@link QUICK_KEYS_MAX}.
 */
export const SLOW_KEYS_MAX = 2;
/** Of one group: another group's first RSA key never waits for one of these. */
export const SLOW_KEYS_OF_GROUP_MAX = 1;
/** The maximum number of other keys in the making. Each takes less than a millisecond. */
export const QUICK_KEYS_MAX = 1;

/** Whether a key of this kind is made in less time than a request takes. */
export function isQuick({ rsaModulusLength }: KeyKind): boolean {
  return rsaModulusLength === null;
}

export interface KeyOrder {
  /** Whose turn it is: keys of one group are made in the order in which they were asked for. */
  readonly group: string;
  readonly lane: Lane;
  readonly kind: KeyKind;
}

export class KeyPool {
  readonly #slow: Workshop;
  readonly #quick: Workshop;

  constructor(maker: KeyMaker) {
    this.#slow = new Workshop(maker, SLOW_KEYS_MAX, SLOW_KEYS_OF_GROUP_MAX);
    this.#quick = new Workshop(maker, QUICK_KEYS_MAX, QUICK_KEYS_MAX);
  }

  /** Makes a key when its turn comes. If the signal aborts first, rejects with its reason. */
  make(order: KeyOrder, signal: AbortSignal): Promise<KeyPair> {
    return (isQuick(order.kind) ? this.#quick : this.#slow).make(order, signal);
  }
}

interface Waiting {
  readonly order: KeyOrder;
  readonly signal: AbortSignal;
  readonly resolve: (pair: Promise<KeyPair>) => void;
  readonly reject: (reason: unknown) => void;
}

class Workshop {
  readonly #maker: KeyMaker;
  readonly #max: number;
  readonly #groupMax: number;
  /** By the number of their orders. */
  readonly #waiting = new WaitingKeys((id) => this.#orders.get(id)?.order.group ?? '');
  readonly #orders = new Map<string, Waiting>();
  #ordered = 0;
  /** The groups of the keys in the making. */
  readonly #making: string[] = [];

  constructor(maker: KeyMaker, max: number, groupMax: number) {
    this.#maker = maker;
    this.#max = max;
    this.#groupMax = groupMax;
  }

  make(order: KeyOrder, signal: AbortSignal): Promise<KeyPair> {
    const id = String(++this.#ordered);
    return new Promise((resolve, reject) => {
      this.#orders.set(id, { order, signal, resolve, reject });
      this.#waiting.add(id, order.lane, this.#ordered);
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#making.length < this.#max) {
      const turn = this.#waiting.take((group) => this.#mayMake(group));
      const next = turn === null ? undefined : this.#orders.get(turn.key);
      if (turn === null || next === undefined) return;
      this.#orders.delete(turn.key);
      // An order that was called off takes no turn.
      if (next.signal.aborted) next.reject(next.signal.reason);
      else next.resolve(this.#make(next));
    }
  }

  #mayMake(group: string): boolean {
    return this.#making.filter((each) => each === group).length < this.#groupMax;
  }

  async #make({ order: { group, kind }, signal }: Waiting): Promise<KeyPair> {
    this.#making.push(group);
    try {
      return await this.#maker.make(kind, signal);
    } finally {
      this.#making.splice(this.#making.indexOf(group), 1);
      this.#begin();
    }
  }
}
