/**
 * What the API server made of the last status that it took. A CRD of another version lacks a field,
 * so the API server drops it: the stored status would never be equal to the one that is meant, and
 * would be written again and again.
 */
import { readStoredStatus } from '../../api/stored-status.ts';
import { isRecord } from '../../core/formats/is-record.ts';
import type { Status } from '../../core/formats/status.ts';
import { sameStatus } from '../../core/report/project-status.ts';

/** The same status is tried again after this long: the CRD may have been replaced. It changes nothing if not. */
const TRIED_AGAIN_MS = 600_000;

interface Kept {
  readonly written: Status;
  readonly stored: Status;
  readonly atMs: number;
}

/** A conflict is ordinary, because people edit the set; two in a row are not. */
const CONFLICTS_MAX = 1;

/** Of one set. Times are the clock's monotonic milliseconds. */
export class KeptStatus {
  #kept: Kept | null = null;
  #conflicts = 0;
  #hasFailed = false;
  /** The fields of the last written status that were not stored as they were written. */
  lost: readonly string[] = [];

  /** A status was written, and the API server has answered with the object as it is now stored. */
  note(written: Status, answered: unknown, nowMs: number): void {
    const stored = readStoredStatus(answered) ?? {};
    this.lost = [...new Set(lostFields(written, stored, ''))];
    this.#kept = this.lost.length === 0 ? null : { written, stored, atMs: nowMs };
    this.#conflicts = 0;
    this.#hasFailed = false;
  }

  /** A write of the status failed, whatever of: it was refused, or it hung, or the set kept changing. */
  failed(isConflict: boolean): void {
    if (isConflict) this.#conflicts += 1;
    else this.#hasFailed = true;
  }

  /** Nothing may wait for the status: it fails, and none has been written since. */
  get isFailing(): boolean {
    return this.#hasFailed || this.#conflicts > CONFLICTS_MAX;
  }

  /** The status as it was written, if the stored one is what became of it. */
  asWritten(stored: Status | null, nowMs: number): Status | null {
    const kept = this.#kept;
    if (kept === null || nowMs - kept.atMs >= TRIED_AGAIN_MS) return stored;
    return sameStatus(stored, kept.stored) ? kept.written : stored;
  }
}

/** Such as `keys[].settledTime`. */
function lostFields(written: unknown, stored: unknown, path: string): readonly string[] {
  if (Array.isArray(written) && Array.isArray(stored)) {
    if (written.length !== stored.length) return [path];
    return written.flatMap((each, index) => lostFields(each, stored[index], `${path}[]`));
  }
  if (isRecord(written) && isRecord(stored)) {
    const prefix = path === '' ? '' : `${path}.`;
    return Object.entries(written).flatMap(([name, value]) =>
      lostFields(value, stored[name], `${prefix}${name}`),
    );
  }
  return written === stored ? [] : [path];
}
