/** A key pair that was made for a set and is not in any Secret yet. */
import { kindOfJwk } from '../../core/formats/jwk.ts';
import type { KeyKind } from '../../core/formats/spec.ts';
import { sameKind } from '../../core/ledger/ledger.ts';
import type { KeyPair } from '../../platform/keys/key-maker.ts';

export class PreparedKey {
  #pair: KeyPair | null = null;

  /** Null if none is prepared, or one of another kind. */
  ofKind(kind: KeyKind): KeyPair | null {
    const pair = this.#pair;
    return pair !== null && sameKind(kindOfJwk(pair.publicJwk), kind) ? pair : null;
  }

  keep(pair: KeyPair): void {
    this.#pair = pair;
  }

  drop(): void {
    this.#pair = null;
  }
}
