/** What a step is computed from. The guard compares it with what is there before the write. */

import { REQUEST } from '../formats/names.ts';
import { judgeOffsetMs } from './clock.ts';
import type { Basis, Observed, ObservedSet } from './model.ts';

export function basisOf({ signer, jwks, keySecrets, set, reading }: Observed): Basis {
  return {
    signer: signer?.meta.resourceVersion ?? null,
    jwks: jwks?.meta.resourceVersion ?? null,
    keySecrets: signer === null ? keySecrets.map(({ meta }) => meta.uid).join() : null,
    set: JSON.stringify([set.ref.uid, set.generation, set.livingAdoptee, ...requestsOf(set)]),
    judgedMs: reading.startedMs + judgeOffsetMs(reading),
  };
}

/** Requests are annotations, and an edit of annotations does not change the generation. */
function requestsOf({ annotations }: ObservedSet): readonly string[] {
  return Object.values(REQUEST).map((name) => annotations[name] ?? '');
}
