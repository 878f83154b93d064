/** What the oracle says of a history. */
import { type Broken, withRule } from './rules.ts';

export interface Violation {
  /** What is broken; [rules.ts](rules.ts) says which rule that is, and which file keeps it. */
  readonly promise: Broken;
  readonly atMs: number;
  readonly message: string;
}

export interface Verdict {
  /** In the order of their times. */
  readonly violations: readonly Violation[];
  readonly figures: {
    /** Tokens that issuers signed. */
    readonly tokens: number;
    /** Pairs of a token and a verifier; each covers every instant of the token's life. */
    readonly verifications: number;
  };
}

/** One violation as a line, at a time that is counted from the start of the run. */
export function violationText({ promise, atMs, message }: Violation, startMs: number): string {
  return `${((atMs - startMs) / 1000).toFixed(3)}s ${withRule(promise)}: ${message}`;
}
