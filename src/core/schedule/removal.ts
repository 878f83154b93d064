/**
 * When a key that signs no more leaves the JWKS, as far as can be told now: before it is seen that
 * no pod holds it, there is a forecast where nothing is known to be in the way, else no time at all.
 */

import type { Terms } from '../formats/spec.ts';
import { explainGate } from '../ledger/explain.ts';
import { type Gate, isOpen, removalGate, takenUpGate } from '../ledger/gates.ts';
import type { LedgerKey } from '../ledger/ledger.ts';
import type { ReadOncePod } from '../reading/model.ts';
import { type OldPods, oldPodsFor } from '../reading/old-pods.ts';
import type { Situation } from '../reading/situation.ts';

export interface Removal {
  /** Its time is null while it can't be told. */
  readonly gate: Gate;
  /** A stable code of what is waited for. */
  readonly waitingFor: 'TokensExpire' | 'PodsHoldKey' | 'PodsUnknown';
  readonly explanation: string;
}

export function removalOf(situation: Situation, key: LedgerKey, declared: Terms): Removal {
  const gate = removalGate(key);
  const at = (waitingFor: Removal['waitingFor'], of: Gate, before = ''): Removal => {
    return { gate: of, waitingFor, explanation: `${before}${explainGate(of, declared)}` };
  };
  if (gate.isForecast !== true || gate.opensAtMs === null) return at('TokensExpire', gate);
  const old = oldPodsFor(situation, key);
  // Once the pods could have been looked at and no look is noted, it opens later than was forecast.
  const isForecast = !isOpen(takenUpGate(key), situation.nowMs);
  switch (old.kind) {
    case 'TooOld':
      return at('PodsHoldKey', withoutTime(key), `${podsText(old)} may hold it for good; `);
    case 'Unknown':
      // A reading that failed once says nothing of the next.
      return isPassing(old.why) && isForecast
        ? at('TokensExpire', gate)
        : at('PodsUnknown', withoutTime(key), `${UNKNOWN_BECAUSE[old.why]}; `);
    case 'NoneTooOld':
      return at('TokensExpire', isForecast ? gate : withoutTime(key));
  }
}

function isPassing(why: Extract<OldPods, { kind: 'Unknown' }>['why']): boolean {
  return why === 'NotRead' || why === 'Failed';
}

/** The same arithmetic from a time that is yet to be seen. */
function withoutTime(key: LedgerKey): Gate {
  const settled = { seenMs: 0, reload: 'Watch' as const };
  const { from, terms } = removalGate({ ...key, settled });
  return { opensAtMs: null, from: { label: from.label, atMs: null }, terms };
}

export const UNKNOWN_BECAUSE: Readonly<
  Record<Extract<OldPods, { kind: 'Unknown' }>['why'], string>
> = {
  NotRead: 'the pods of the namespace have not been looked at yet',
  NotChecked: 'the operator runs with --check-issuers=false and looks at no pods',
  Forbidden: 'the operator may not list the pods of the namespace',
  Failed: 'the pods of the namespace could not be listed',
};

/** So many pods are named one by one. */
const PODS_NAMED_MAX = 5;

/** Such as `Pod a (env, Deployment api) and Pod b (subPath)`, by name, and how many more. */
export function podsText({ pods, more }: Extract<OldPods, { kind: 'TooOld' }>): string {
  const sorted = [...pods].sort((a, b) => (a.pod < b.pod ? -1 : 1));
  const named = sorted.slice(0, PODS_NAMED_MAX).map(podText);
  const rest = sorted.length - named.length + more;
  if (rest > 0) return `${named.join(', ')} and ${rest} more`;
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

const READS_BY_TEXT: Readonly<Record<ReadOncePod['readsBy'], string>> = {
  Env: 'env',
  SubPath: 'subPath',
  InitContainer: 'init container',
  Volume: 'volume',
};

function podText({ pod, readsBy, workload }: ReadOncePod): string {
  const of = workload === null ? '' : `, ${workload.kind} ${workload.name}`;
  return `Pod ${pod} (${READS_BY_TEXT[readsBy]}${of})`;
}
