/**
 * A key pair that is being made for a set, or was made and is not in any Secret yet. Passes do not wait
 * for it: they order it, end, and take it when it is there.
 */
import { kindOfJwk } from '../../core/formats/jwk.ts';
import type { KeyKind } from '../../core/formats/spec.ts';
import { sameKind } from '../../core/ledger/ledger.ts';
import type { KeyPair } from '../../platform/keys/key-maker.ts';

interface Order {
  readonly kind: KeyKind;
  readonly cancel: AbortController;
  /** Settles when the key is kept, or cannot be made. Never rejects. */
  readonly settled: Promise<void>;
}

export class PreparedKey {
  #pair: KeyPair | null = null;
  /** The only Secret that the pair may still become: whether a POST of it has succeeded is not known. */
  #sentAs: string | null = null;
  #order: Order | null = null;

  /** Null if none is prepared, or one of another kind, or one that may be in another Secret. */
  forSecret(kind: KeyKind, secretName: string): KeyPair | null {
    const pair = this.#pair;
    if (pair === null || !sameKind(kindOfJwk(pair.publicJwk), kind)) return null;
    return this.#sentAs === null || this.#sentAs === secretName ? pair : null;
  }

  /** The order of a key of this kind, if one is under way. */
  ordered(kind: KeyKind): Promise<void> | null {
    return this.#order !== null && sameKind(this.#order.kind, kind) ? this.#order.settled : null;
  }

  /**
   * Has a key made, in place of one of another kind.
   * @param make if it rejects, `onFailure` gets the error
   */
  order(
    kind: KeyKind,
    make: (signal: AbortSignal) => Promise<KeyPair>,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    this.cancel();
    const cancel = new AbortController();
    const { signal } = cancel;
    const settled = make(signal).then(
      (pair) => {
        if (signal.aborted) return;
        this.#order = null;
        this.#pair = pair;
        this.#sentAs = null;
      },
      (error: unknown) => {
        if (signal.aborted) return;
        this.#order = null;
        onFailure(error);
      },
    );
    this.#order = { kind, cancel, settled };
    return settled;
  }

  /** A POST of this Secret may or may not have succeeded. */
  maybeIn(secretName: string): void {
    this.#sentAs = secretName;
  }

  /** The key is in a Secret. */
  used(): void {
    this.#pair = null;
    this.#sentAs = null;
  }

  /** The set is gone: what is still ordered is no longer wanted. */
  cancel(): void {
    this.#order?.cancel.abort(new Error('the key is no longer wanted'));
    this.#order = null;
  }
}
