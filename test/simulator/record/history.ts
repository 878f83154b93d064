/**
 * What truly happened in a run, by the world's one true clock. It is all that the oracle gets:
 * objects as they were in the API server, who wrote them, and when. It holds nothing that an
 * operator thought, planned or remembered.
 */
import type { JsonObject } from '../../fake-api/json/json.ts';

/** One committed change of one object. */
export interface Change {
  /** True time, milliseconds since the epoch. Not decreasing within a history. */
  readonly atMs: number;
  /** The API server's revision; strictly growing. */
  readonly revision: number;
  /** Plural, such as `secrets`, `configmaps`, `signingkeysets`, `events`, `namespaces`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Null if the object was created. */
  readonly before: JsonObject | null;
  /** Null if it was deleted. */
  readonly after: JsonObject | null;
  /** The identity of the operator whose request it was (`operator-1`), or `hand`. */
  readonly author: string;
}

export interface History {
  /** The set that is judged. Its objects are found by the names in its spec. */
  readonly namespace: string;
  readonly setName: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly changes: readonly Change[];
  /** When each operator was given the set that it then read the other objects of; missing if nobody noted it. */
  readonly readings?: readonly Reading[];
}

export interface Reading {
  readonly who: string;
  readonly atMs: number;
}

/** Who wrote what no operator wrote. */
export const HAND = 'hand';
