/**
 * Stands in for the oracle until it is merged, and is replaced by it: the same names and types,
 * and no violations.
 */
import type { History } from '../history.ts';

export interface Violation {
  /** Which promise, such as `1` or `I7`. */
  readonly promise: string;
  readonly atMs: number;
  readonly message: string;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly figures: { readonly tokens: number; readonly verifications: number };
}

export function judge(_history: History, _options: { readonly seed: number }): Verdict {
  return { violations: [], figures: { tokens: 0, verifications: 0 } };
}
