/** What the oracle says of a history. */

export interface Violation {
  /** `P1` to `P3`, `I1` to `I8`, or `Counts`. */
  readonly promise: string;
  readonly atMs: number;
  readonly message: string;
}

export interface Verdict {
  /** In the order of their times. */
  readonly violations: readonly Violation[];
  readonly figures: {
    /** Tokens that issuers signed. */
    readonly tokens: number;
    /** Pairs of a token and a verifier; each stands for every instant of the token's life. */
    readonly verifications: number;
  };
}
