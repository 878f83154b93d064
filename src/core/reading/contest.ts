/** What a plan knows of a step that someone keeps undoing. */
import type { Fingerprint } from '../encoding/fingerprint.ts';

/**
 * How long a step that is undone may be put off: see `src/operator/memory/contests.ts`. `Immediate` if a
 * revoked key is still where it was, if a key signs that should not, or if the JWKS is gone.
 */
export type Urgency = 'Immediate' | 'Soon' | 'Later';

export interface Effort {
  /** Such as `RepairMetadata Secret payments-signer`. */
  readonly name: string;
  /** The same for two steps of one name that want the same. */
  readonly intent: Fingerprint;
  readonly urgency: Urgency;
  /** Such as `Secret payments-signer`. */
  readonly object: string;
  /** What is not as the step wants it, such as `metadata.labels[cost-center]`; empty: the object as a whole. */
  readonly fields: readonly string[];
  /** The field manager that set the first of them last; null if none is recorded. */
  readonly setBy: string | null;
}

/** A step that did not last. */
export interface Contest extends Effort {
  /** It backs off: the plan goes on without it. */
  readonly isPaused: boolean;
  /** It was undone more than once: people should know. */
  readonly isReported: boolean;
}
