/**
 * A gate is the instant from which a step is safe. Every pass computes each gate again, from the
 * ledger's observations and the largest terms. So a gate moves later if a term grows; one that
 * protects tokens never moves earlier. It carries its arithmetic, so that users can see why a step waits.
 */

import type { RotationPolicy, Terms } from '../formats/spec.ts';
import { activeKey, type Ledger, type LedgerKey } from './ledger.ts';

/** An instant and the arithmetic behind it. All instants are milliseconds since the epoch. */
export interface Gate {
  /** Null until the operator has made the observation that the gate counts from. */
  readonly opensAtMs: number | null;
  /** The observation that the gate counts from, for example `published`, and its time. */
  readonly from: {
    readonly label: string;
    /** Said instead while it is missing, for example `the key is not published yet`. */
    readonly notYet: string;
    readonly atMs: number | null;
  };
  /** Added to that time, in this order. */
  readonly terms: readonly GateTerm[];
  /** `opensAtMs` is only the earliest possible instant: the observation is still missing. */
  readonly isForecast?: true;
}

export interface GateTerm {
  readonly label: string;
  readonly durationMs: number;
  /** `until`: the label is true from then on, so the text shows the instant, not the duration. */
  readonly kind?: 'until';
  /** The term that the value comes from, so that the text can name its field, and say if it was lowered since. */
  readonly term?: keyof Terms;
  /** How often the term counts; once unless given. */
  readonly times?: number;
  /** The field that the value comes from, if it is no term's. */
  readonly field?: string;
}

type Observation = Omit<Gate['from'], 'atMs'>;

const PUBLISHED: Observation = { label: 'published', notYet: 'the key is not published yet' };
const SIGNING: Observation = {
  label: 'active key seen signing',
  notYet: 'the new key has not been seen in the signer Secret yet',
};
const SUPERSEDED: Observation = {
  label: 'removed from the signer Secret',
  notYet: 'the signer Secret has not been seen without the key yet',
};
const SETTLED: Observation = {
  label: 'no issuer has signed with it since',
  notYet: 'a pod may still hold the key',
};
const ACTIVATED: Observation = { label: 'signing since', notYet: 'the key does not sign yet' };
const ACTIVE: Observation = { label: 'active', notYet: 'the key does not sign yet' };
const JWKS_REMOVED: Observation = { label: 'JWKS removed', notYet: 'the JWKS is still there' };

/** Without a standby, the next key is published this much earlier than strictly needed. */
export const PUBLISH_MARGIN_MS = 60_000;

export function isOpen(gate: Gate, nowMs: number): boolean {
  return gate.opensAtMs !== null && gate.isForecast !== true && gate.opensAtMs <= nowMs;
}

/** Seen in the ConfigMap + P: from then on, every server and every mount shows the key. */
export function servedSinceGate(key: LedgerKey): Gate {
  return gate(PUBLISHED, key.publishedSeenMs, [
    until('served everywhere', key.largest, 'publicationDelayMs'),
  ]);
}

/**
 * Pending → Active: seen in the ConfigMap + P + H + C + S. H and C add up, because a verifier can
 * fetch a copy that is already H old and then keep it for C.
 */
export function activationGate(key: LedgerKey): Gate {
  const { largest } = key;
  return gate(PUBLISHED, key.publishedSeenMs, [
    until('served everywhere', largest, 'publicationDelayMs'),
    upTo('shared caches keep old copies up to', largest, 'sharedCacheTtlMs'),
    upTo('verifiers cache up to', largest, 'verifierCacheTtlMs'),
    upTo('clock skew', largest, 'clockSkewMs'),
  ]);
}

/**
 * From then on no verifier that keeps its terms refuses a token of the key that signs. A rotation waits for
 * it, but a revocation can let a key sign sooner. If someone else's edit made the wait of a key start again
 * while it signed, verifiers are likely to know it, so that it counts from the activation as well; servers must
 * show it again. Nobody can hold a JWKS of before the set's first key.
 */
export function acceptedGate(ledger: Ledger, active: LedgerKey): Gate {
  const served = servedSinceGate(active);
  if (isFirstKey(ledger, active)) return served;
  const known = activationGate(active);
  const sinceActivation = gate(ACTIVATED, active.activatedMs, known.terms);
  const isSooner =
    sinceActivation.opensAtMs !== null &&
    known.opensAtMs !== null &&
    sinceActivation.opensAtMs < known.opensAtMs;
  return lastOf([{ gate: served }, { gate: isSooner ? sinceActivation : known }]).gate;
}

function isFirstKey({ previousKid, keys, tombstones }: Ledger, { ordinal }: LedgerKey): boolean {
  const isEarlier = (other: { readonly ordinal: number }) => other.ordinal < ordinal;
  return previousKid === null && !keys.some(isEarlier) && !tombstones.some(isEarlier);
}

/**
 * New signer seen + Ps + S: from then on, every issuer signs with the key, by any clock. For the active key
 * this is the instant of {@link takenUpGate}; an earlier key keeps the time of its own switch.
 */
export function switchedGate(key: LedgerKey): Gate {
  return gate(SIGNING, key.signerSeenMs, [
    until('every issuer signs with it', key.largest, 'signerRefreshDelayMs'),
    upTo('clock skew', key.largest, 'clockSkewMs'),
  ]);
}

/**
 * New signer seen + Ps + S: issuers have taken the new key, by any clock. No other switch happens
 * before that, and any pod that starts later reads the new key: the kubelet's copy of a Secret is at
 * most Ps old, and the clock that says when a container started is at most S behind. A pod that
 * started earlier and reads the Secret only once may hold an earlier key for as long as it runs.
 * @param key the active key, or one that signed before it. Both give the same instant.
 */
export function takenUpGate(key: LedgerKey): Gate {
  if (key.state !== 'Active') {
    return gate(SUPERSEDED, key.supersededSeenMs, takenUpTerms(key.largest));
  }
  return switchedGate(key);
}

/**
 * New signer seen + Ps + 2S: a pod that is restarted from then on is new by any clock, even that of
 * a node that is S behind. If it were restarted sooner, it could still look too old and be restarted
 * again.
 */
export function restartGate(active: LedgerKey): Gate {
  const { largest } = active;
  return gate(SIGNING, active.signerSeenMs, [
    until('new pods get the new key', largest, 'signerRefreshDelayMs'),
    twoSkews(largest),
  ]);
}

/**
 * Retiring → Retired: no pod seen that may hold the key + T + L + 2S. By then the last token that the
 * key can have signed has expired everywhere. The live read that shows no such pod begins after
 * {@link takenUpGate}. S counts twice: once between issuer and verifier, once between the clock that
 * took the time and the one that judges it. C does not count: a verifier that still holds a removed
 * key accepts more than it must, never less.
 */
export function removalGate(key: LedgerKey): Gate {
  const { largest, settled, supersededSeenMs } = key;
  const rest = removalTerms(largest);
  if (settled !== null) return gate(SETTLED, settled.seenMs, rest);
  const forecast = gate(SUPERSEDED, supersededSeenMs, [...takenUpTerms(largest), ...rest]);
  return { ...forecast, isForecast: true };
}

/**
 * The removal gate of a key while nobody can say when its last pod will be gone.
 * @param notYet why not
 */
export function unforeseenRemovalGate({ largest }: LedgerKey, notYet: string): Gate {
  return gate({ ...SETTLED, notYet }, null, removalTerms(largest));
}

function removalTerms(largest: Terms): readonly GateTerm[] {
  return [
    upTo('token lifetime', largest, 'tokenTtlMs'),
    upTo('verifier leeway', largest, 'verifierLeewayMs'),
    twoSkews(largest),
  ];
}

function takenUpTerms(largest: Terms): readonly GateTerm[] {
  return [
    until('every issuer has switched', largest, 'signerRefreshDelayMs'),
    upTo('clock skew', largest, 'clockSkewMs'),
  ];
}

/**
 * Whether nobody can still hold a valid token of this key: it never signed, its removal gate is
 * open, or it was revoked, which makes its tokens invalid.
 */
export function mayLeave(key: LedgerKey, nowMs: number): boolean {
  return !key.mayHaveSigned || key.bar?.reason === 'Revoked' || isOpen(removalGate(key), nowMs);
}

/** First seen signing + I. If the rotation is late, the old key signs longer; no wait is shortened. */
export function dueGate(active: LedgerKey, rotation: RotationPolicy): Gate {
  return gate(ACTIVE, active.activatedMs, [interval(rotation)]);
}

/** Without a standby, the next key is published at due − (P + H + C + S + 1m). */
export function publishGate(active: LedgerKey, rotation: RotationPolicy, terms: Terms): Gate {
  return gate(ACTIVE, active.activatedMs, [
    interval(rotation),
    earlier('until servers show the next key', terms, 'publicationDelayMs'),
    earlier('that shared caches keep old copies', terms, 'sharedCacheTtlMs'),
    earlier('that verifiers cache', terms, 'verifierCacheTtlMs'),
    earlier('of clock skew', terms, 'clockSkewMs'),
    { label: 'as a margin', durationMs: -PUBLISH_MARGIN_MS },
  ]);
}

/** JWKS seen gone + P + H + C + S: when an ordered deletion removes the other objects. */
export function deletionGate(ledger: Ledger, terms: Terms): Gate {
  return gate(JWKS_REMOVED, ledger.deletion?.jwksRemovedSeenMs ?? null, [
    until('gone everywhere', terms, 'publicationDelayMs'),
    upTo('shared caches keep old copies up to', terms, 'sharedCacheTtlMs'),
    upTo('verifiers cache up to', terms, 'verifierCacheTtlMs'),
    upTo('clock skew', terms, 'clockSkewMs'),
  ]);
}

/** The key that may sign soonest; the first one on a tie; null for an empty list. */
export function firstToOpen(keys: readonly LedgerKey[]): LedgerKey | null {
  return keys.reduce<LedgerKey | null>((first, key) => {
    const opensMs = (of: LedgerKey) => activationGate(of).opensAtMs ?? Number.POSITIVE_INFINITY;
    return first === null || opensMs(key) < opensMs(first) ? key : first;
  }, null);
}

/** The wait whose gate opens last. A gate without a time counts as the last one. */
export function lastOf<T extends { readonly gate: Gate }>(waits: readonly [T, ...T[]]): T {
  return waits.reduce((last, next) => {
    if (next.gate.opensAtMs === null) return next;
    if (last.gate.opensAtMs === null) return last;
    return next.gate.opensAtMs > last.gate.opensAtMs ? next : last;
  });
}

/** Every gate of a ledger that protects tokens, by name: invariant I8 says that none moves earlier. */
export function namedGates(ledger: Ledger): ReadonlyMap<string, Gate> {
  const gates = new Map<string, Gate>();
  for (const key of ledger.keys) {
    if (key.state === 'Pending') gates.set(`activation of ${key.kid}`, activationGate(key));
    // A forecast is not a gate yet: its observation may come much later.
    if (key.state !== 'Active' && key.mayHaveSigned && key.settled !== null) {
      gates.set(`removal of ${key.kid}`, removalGate(key));
    }
  }
  const active = activeKey(ledger);
  if (active !== null) gates.set(`switch after ${active.kid}`, takenUpGate(active));
  return gates;
}

function interval({ intervalMs }: RotationPolicy): GateTerm {
  return { label: 'rotation interval', durationMs: intervalMs, field: 'spec.rotation.interval' };
}

function twoSkews({ clockSkewMs }: Terms): GateTerm {
  const label = '2 × clock skew =';
  return { label, durationMs: 2 * clockSkewMs, term: 'clockSkewMs', times: 2 };
}

/** A term that is subtracted. */
function earlier(...args: Parameters<typeof upTo>): GateTerm {
  const added = upTo(...args);
  return { ...added, durationMs: -added.durationMs };
}

/** A term that is shown as a duration. */
function upTo(
  label: string,
  terms: Terms,
  term: Exclude<keyof Terms, 'verifierTrustMs'>,
): GateTerm {
  return { label, durationMs: terms[term], term };
}

/** A term that is shown as the instant from which its label is true. */
function until(...args: Parameters<typeof upTo>): GateTerm {
  return { ...upTo(...args), kind: 'until' };
}

function gate(from: Observation, atMs: number | null, terms: readonly GateTerm[]): Gate {
  const sumMs = terms.reduce((sum, term) => sum + term.durationMs, 0);
  return { opensAtMs: atMs === null ? null : atMs + sumMs, from: { ...from, atMs }, terms };
}
