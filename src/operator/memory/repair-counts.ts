/** How often this process repaired a set, or recovered it, since it first saw the set. */
import { isRepair, REPAIRS, type RepairReason } from '../../core/formats/codes.ts';
import type { EventNote } from '../../core/reading/model.ts';

export const REPAIR_REASONS = Object.keys(REPAIRS).filter(isRepair);

export class RepairCounts {
  readonly #counts = new Map<RepairReason, number>();

  /** @param events those of a step that was taken */
  note(events: readonly EventNote[]): void {
    for (const { reason } of events) {
      if (isRepair(reason)) this.#counts.set(reason, this.of(reason) + 1);
    }
  }

  of(reason: RepairReason): number {
    return this.#counts.get(reason) ?? 0;
  }
}
