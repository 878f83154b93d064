/**
 * What this process remembers of one set. All of it may be lost at any time, as at a restart: that
 * costs a few more requests, or a repeated event, and never leads to a wrong write.
 */
import { KeyVerdicts } from '../../platform/keys/key-verdicts.ts';
import { Contests } from './contests.ts';
import { KeptStatus } from './kept-status.ts';
import { KeyContents } from './key-contents.ts';
import { KnownKeySecrets } from './known-key-secrets.ts';
import { PreparedKey } from './prepared-key.ts';
import { RefusedWrites } from './refused-writes.ts';
import { RepairCounts } from './repair-counts.ts';
import { SeenVersions } from './seen-versions.ts';
import type { SetFigures } from './set-figures.ts';
import { StepAllowance } from './step-allowance.ts';
import { TakenNames } from './taken-names.ts';
import { Urgency } from './urgency.ts';

export class SetMemory {
  readonly seen = new SeenVersions();
  readonly keyContents = new KeyContents();
  /** On its Secrets, by their content. */
  readonly verdicts: KeyVerdicts;
  readonly known = new KnownKeySecrets();
  readonly takenNames = new TakenNames();
  readonly refused = new RefusedWrites();
  readonly repairs = new RepairCounts();
  readonly keptStatus = new KeptStatus();
  readonly contests = new Contests();
  readonly allowance = new StepAllowance();
  readonly preparedKey = new PreparedKey();
  readonly urgency = new Urgency();
  /** What the metrics show of it; null before its first pass. */
  figures: SetFigures | null = null;
  /** The last pass found no such set. */
  isMissing = false;

  constructor(verdicts: KeyVerdicts) {
    this.verdicts = verdicts;
  }
}

/** By the key of the work queue: one for each set that was seen and is not known to be gone. */
export class SetMemories {
  readonly #bySet = new Map<string, SetMemory>();
  readonly #sharedVerdicts: KeyVerdicts | null;

  /** @param sharedVerdicts null: each set has its own, and they are forgotten with it */
  constructor(sharedVerdicts: KeyVerdicts | null) {
    this.#sharedVerdicts = sharedVerdicts;
  }

  /** Created at first sight. */
  of(setKey: string): SetMemory {
    const known = this.#bySet.get(setKey);
    if (known !== undefined) return known;
    const made = new SetMemory(this.#sharedVerdicts ?? new KeyVerdicts());
    this.#bySet.set(setKey, made);
    return made;
  }

  find(setKey: string): SetMemory | null {
    return this.#bySet.get(setKey) ?? null;
  }

  /** The only place that forgets anything of a set; it forgets everything. */
  drop(setKey: string): void {
    this.#bySet.get(setKey)?.preparedKey.cancel();
    this.#bySet.delete(setKey);
  }

  values(): IterableIterator<SetMemory> {
    return this.#bySet.values();
  }

  get size(): number {
    return this.#bySet.size;
  }
}
