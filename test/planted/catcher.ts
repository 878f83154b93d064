/** What can notice a planted bug. */
import type { Patch } from './plant.ts';

/**
 * `world` judges what the operator does to issuers and verifiers, by rules that know nothing of the
 * code. `code` compares a function, or a whole timeline, with what somebody wrote down beside it:
 * whoever changes the code changes that too, and may believe both.
 */
export type Judges = 'world' | 'code';

export interface Find {
  readonly by: string;
  readonly judges: Judges;
  /** How many plans it took, or which test failed. */
  readonly after: string;
  /** What was broken, such as `P1`. */
  readonly promise: string;
  readonly message: string;
}

export interface Task {
  readonly patch: Patch;
  /** The planted copy. */
  readonly folder: string;
  /** Aborted once something else has found the bug. */
  readonly signal: AbortSignal;
  /** Tells how far it is, in a few words. */
  readonly say: (progress: string) => void;
}

export interface Catcher {
  /** Such as `simulator`; a patch may name it in its `First:` line. */
  readonly name: string;
  readonly judges: Judges;
  /** @returns null if it found nothing, or was told to stop. */
  readonly look: (task: Task) => Promise<Find | null>;
}
