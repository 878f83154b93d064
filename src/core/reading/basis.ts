/** What a step is computed from, so that the guard can tell whether it is still so. */

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

/** Requests are annotations, which no generation counts. */
function requestsOf({ annotations }: ObservedSet): readonly string[] {
  return Object.values(REQUEST).map((name) => annotations[name] ?? '');
}
