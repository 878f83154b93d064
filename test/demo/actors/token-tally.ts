/**
 * What a verifier counts. Tokens of a revoked key are not valid, so that they are counted apart
 * from the moment of the revocation on: whoever still accepts them is no worse for refusing them.
 */
import type { RevokedCounts } from '../record/messages.ts';

export class TokenTally {
  readonly #replicas: number;
  #verified = 0;
  #rejected = 0;
  #revoked: {
    readonly kid: string;
    accepted: number;
    refused: number;
    lastAcceptedMs: number | null;
    /** Those of which it is not known yet that they let go of the key. */
    readonly trusting: Set<number>;
  } | null = null;

  constructor(replicas: number) {
    this.#replicas = replicas;
  }

  revoke(kid: string): void {
    const trusting = new Set(Array.from({ length: this.#replicas }, (_, replica) => replica));
    this.#revoked = { kid, accepted: 0, refused: 0, lastAcceptedMs: null, trusting };
  }

  accept(kid: string, replica: number, nowMs: number): void {
    const revoked = this.#revoked;
    if (revoked?.kid !== kid) {
      this.#verified++;
      return;
    }
    revoked.accepted++;
    revoked.lastAcceptedMs = nowMs;
    revoked.trusting.add(replica);
  }

  /** @returns whether the token was valid, so that its refusal is a fault */
  refuse(kid: string, replica: number): boolean {
    const revoked = this.#revoked;
    if (revoked?.kid !== kid) {
      this.#rejected++;
      return true;
    }
    revoked.refused++;
    revoked.trusting.delete(replica);
    return false;
  }

  counts(): { verified: number; rejected: number; revoked: RevokedCounts | null } {
    return { verified: this.#verified, rejected: this.#rejected, revoked: this.#revokedCounts() };
  }

  #revokedCounts(): RevokedCounts | null {
    if (this.#revoked === null) return null;
    const { accepted, refused, lastAcceptedMs, trusting } = this.#revoked;
    return { accepted, refused, lastAcceptedMs, trusting: trusting.size };
  }
}
