/** The status, computed from the ledger and the schedule. */

import {
  type Condition,
  HISTORY_MAX,
  type HistoryEntry,
  type KeyStatus,
  type NextTransition,
  RETIRED_SHOWN_MAX,
  type Status,
  type Verdict,
} from '../formats/status.ts';
import { ceilToSecondMs, formatDurationMs, formatInstant } from '../formats/time.ts';
import { serializeLedger } from '../ledger/codec.ts';
import {
  acceptedGate,
  activationGate,
  type Gate,
  isOpen,
  servedSinceGate,
  switchedGate,
} from '../ledger/gates.ts';
import {
  activeKey,
  type Ledger,
  type LedgerKey,
  publishedKeys,
  type Tombstone,
} from '../ledger/ledger.ts';
import { notedTerms } from '../ledger/noted-terms.ts';
import { effectiveTerms, trustAfterRemovalMs, trustEndMs } from '../ledger/terms.ts';
import { recordedMs } from '../reading/clock.ts';
import type { Observed, Transition } from '../reading/model.ts';
import { withRaisedTerms } from '../reading/observations.ts';
import type { Situation } from '../reading/situation.ts';
import { removalOf } from '../schedule/removal.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { transitionTime } from '../schedule/transition.ts';
import { ROLLBACK_REFUSED_BECAUSE } from '../stages/rollback.ts';
import { conditionsOf } from './conditions.ts';

/** The status that this reading calls for; equal to the stored one if nothing is new. */
export function projectStatus(situation: Situation, schedule: Schedule | null): Status {
  const { set, observed } = situation;
  const base = {
    observedGeneration: set.generation,
    conditions: conditionsSince(observed, conditionsOf(situation, schedule)),
  };
  if (schedule !== null) return { ...base, ...ledgerStatus(situation, schedule) };
  // Nothing is known of the ledger: what was last known stays, above all its copy.
  const { conditions: _, observedGeneration: __, nextTransition: ___, ...known } = set.status ?? {};
  return { ...base, ...known };
}

/** For a spec that an older schema accepted, and that the operator cannot act on. */
export function undecodableStatus(observed: Observed): Status {
  const { set } = observed;
  const message = `${set.specProblems.join('; ')}. Correct the spec: until then the operator changes nothing.`;
  const verdicts: Verdict[] = [
    { type: 'Ready', status: 'False', reason: 'InvalidSpec', message },
    { type: 'Stalled', status: 'True', reason: 'InvalidSpec', message },
  ];
  const { nextTransition: _, ...known } = set.status ?? {};
  return {
    ...known,
    observedGeneration: set.generation,
    conditions: conditionsSince(observed, verdicts),
  };
}

/** A condition keeps its time as long as its status stays the same. */
function conditionsSince(observed: Observed, verdicts: readonly Verdict[]): readonly Condition[] {
  const { set, reading } = observed;
  const now = formatInstant(Math.floor(recordedMs(reading) / 1000) * 1000);
  return verdicts.map((verdict) => {
    const old = set.status?.conditions?.find(({ type }) => type === verdict.type);
    const isSame = old?.status === verdict.status;
    return {
      type: verdict.type,
      status: verdict.status,
      reason: verdict.reason,
      message: verdict.message.slice(0, MESSAGE_MAX),
      lastTransitionTime: isSame ? old.lastTransitionTime : now,
      observedGeneration: set.generation,
    };
  });
}

/** The longest message of a condition (metav1.Condition allows 32768), and the longest explanation (the CRD's limit). */
const MESSAGE_MAX = 2048;

function ledgerStatus(situation: Situation, { ledger, upcoming }: Schedule): Status {
  const active = activeKey(ledger);
  const keys = keyStatuses(situation, ledger);
  const next = nextTransition(upcoming);
  const { rotate, rollback } = ledger.handled;
  const ttlMs = effectiveTerms(ledger.terms, situation.nowMs).tokenTtlMs;
  return {
    ...(active === null ? {} : { activeKey: `#${active.ordinal}`, activeKid: active.kid }),
    keyCount: publishedKeys(ledger).length,
    keys,
    ...(next === null ? {} : { nextTransition: next }),
    terms: notedTerms(
      situation.spec.terms,
      ledger.terms.declared,
      situation.set.status?.terms ?? {},
    ),
    effectiveTokenTTL: formatDurationMs(ttlMs),
    history: historyOf(situation, keys),
    ...(rotate === null ? {} : { lastHandledRotateRequest: rotate }),
    ...(rollback === null ? {} : { lastHandledRollbackRequest: rollback }),
    ...refusedRollback(ledger),
    ledger: serializeLedger(ledger),
  };
}

function refusedRollback({ handled, rollbackRefused: reason }: Ledger): Partial<Status> {
  if (reason === null || handled.rollback === null) return {};
  const message = ROLLBACK_REFUSED_BECAUSE[reason];
  return { rollbackRefused: { request: handled.rollback, reason, message } };
}

function nextTransition([next]: readonly Transition[]): NextTransition | null {
  if (next === undefined) return null;
  const time = transitionTime(next);
  return {
    action: next.action,
    ...(next.key === null ? {} : { kid: next.key.kid }),
    ...(time === undefined ? {} : { time }),
    waitingFor: next.waitingFor,
    explanation: next.explanation.slice(0, MESSAGE_MAX),
  };
}

/** Terms that the spec raises count before the ledger knows them, so that no time is too early. */
function keyStatuses(situation: Situation, known: Ledger): readonly KeyStatus[] {
  const ledger = withRaisedTerms(known, situation);
  const toRestart = situation.spec.restartToForget;
  const ended = ledger.tombstones.slice(-RETIRED_SHOWN_MAX);
  return [
    ...ended.map((stone) => endedStatus(situation, stone, toRestart)),
    ...ledger.keys.map((key) => livingStatus(situation, ledger, key)),
  ].sort((a, b) => a.ordinal - b.ordinal);
}

function livingStatus(situation: Situation, ledger: Ledger, key: LedgerKey): KeyStatus {
  const toRestart = situation.spec.restartToForget;
  const signed = key.mayHaveSigned && key.state !== 'Active';
  const removedSeenMs = key.bar?.removedSeenMs ?? null;
  const trustMs = trustAfterRemovalMs(key.largest);
  return withTimes(
    {
      ordinal: key.ordinal,
      kid: key.kid,
      state: key.state,
      algorithm: key.algorithm,
      ...(key.bar === null ? {} : { reason: key.bar.reason }),
      ...restartRequired(removedSeenMs, trustMs, toRestart),
    },
    {
      publishedTime: key.publishedSeenMs,
      servedSinceTime: opens(servedSinceGate(key)),
      activatableTime: activatableMs(situation, ledger, key),
      activatedTime: key.activatedMs,
      switchCompleteTime: opens(switchedGate(key)),
      supersededTime: key.supersededSeenMs,
      settledTime: key.settled?.seenMs ?? null,
      removableTime: signed ? removableMs(situation, key) : null,
      removedTime: removedSeenMs,
      distrustedByTime: trustEndMs(removedSeenMs, trustMs),
    },
  );
}

/** A key that a revocation lets sign before its gate still has one: until then, verifiers may refuse it. */
function activatableMs({ nowMs }: Situation, ledger: Ledger, key: LedgerKey): number | null {
  if (key.state === 'Pending') return opens(activationGate(key));
  if (key.state !== 'Active') return null;
  const accepted = acceptedGate(ledger, key);
  const isServedLater = accepted.opensAtMs === servedSinceGate(key).opensAtMs;
  return isServedLater || isOpen(accepted, nowMs) ? null : opens(accepted);
}

/** A key that a revocation has taken out shows none: it waited for nothing. */
function removableMs(situation: Situation, key: LedgerKey): number | null {
  const { gate } = removalOf(situation, key);
  const hasLeftJwks = key.bar !== null && key.bar.removedSeenMs !== null;
  return hasLeftJwks && gate.isForecast === true ? null : opens(gate);
}

/** A full ledger buries a key whose Secret a finalizer keeps: its private key is not destroyed yet. */
function endedStatus(
  { keySecrets }: Situation,
  { ordinal, kid, algorithm, reason, removedSeenMs, trustMs }: Tombstone,
  toRestart: readonly string[],
): KeyStatus {
  const restart = restartRequired(removedSeenMs, trustMs, toRestart);
  const isHeld = keySecrets.some(({ content, meta }) => {
    return meta.deleting !== undefined && content.kind === 'Key' && content.kid === kid;
  });
  const state = isHeld ? 'Retiring' : 'Retired';
  return withTimes(
    { ordinal, kid, state, algorithm, reason, ...restart },
    { removedTime: removedSeenMs, distrustedByTime: trustEndMs(removedSeenMs, trustMs) },
  );
}

/** Who must be restarted to stop trusting a removed key, if that trust does not end by itself. */
function restartRequired(
  removedSeenMs: number | null,
  trustMs: number | null,
  toRestart: readonly string[],
): Pick<KeyStatus, 'restartRequired'> {
  const isEndless = removedSeenMs !== null && trustMs === null;
  return isEndless && toRestart.length > 0 ? { restartRequired: toRestart } : {};
}

type TimeName = Extract<keyof KeyStatus, `${string}Time`>;

function withTimes(key: KeyStatus, times: Partial<Record<TimeName, number | null>>): KeyStatus {
  const known = Object.entries(times).flatMap(([name, atMs]) =>
    atMs === null || atMs === undefined ? [] : [[name, formatInstant(ceilToSecondMs(atMs))]],
  );
  return { ...key, ...Object.fromEntries(known) };
}

function opens({ opensAtMs }: Gate): number | null {
  return opensAtMs;
}

/** The stored history, and what changed in the keys since then. */
function historyOf(
  { set, seenMs }: Situation,
  keys: readonly KeyStatus[],
): readonly HistoryEntry[] {
  const before = set.status?.keys ?? [];
  const time = formatInstant(Math.floor(seenMs / 1000) * 1000);
  const changes = keys.flatMap((key): readonly HistoryEntry[] => {
    const from = before.find(({ kid }) => kid === key.kid)?.state;
    if (from === key.state) return [];
    const { kid, ordinal, state: to } = key;
    const reason = key.reason ?? reasonFor(to);
    return [{ time, kid, ordinal, ...(from === undefined ? {} : { from }), to, reason }];
  });
  return [...(set.status?.history ?? []), ...changes].slice(-HISTORY_MAX);
}

function reasonFor(state: KeyStatus['state']): string {
  switch (state) {
    case 'Pending':
      return 'Published';
    case 'Active':
      return 'Activated';
    case 'Retiring':
      return 'Replaced';
    case 'Retired':
      return 'Retired';
  }
}

/** Whether two statuses say the same, in whatever order their members are stored. */
export function sameStatus(a: Status | null, b: Status): boolean {
  return same(a, b);
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [ours, theirs] = [a as Members, b as Members];
  // A member that is undefined is not written, so it counts as absent.
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].every((name) => same(ours[name], theirs[name]));
}

type Members = Readonly<Record<string, unknown>>;
