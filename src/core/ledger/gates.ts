/**
 * The gates: from when on a step is safe. Each is computed anew in every pass from the ledger's
 * observations and the largest terms, so it moves later when a term grows, and never earlier.
 * The arithmetic of a gate is part of its value, so that it can be shown to whoever asks why.
 */

import type { RotationPolicy, Terms } from '../formats/spec.ts';
import { activeKey, type Ledger, type LedgerKey } from './ledger.ts';
import { leadMs } from './terms.ts';

/** A moment and how it came about. */
export interface Gate {
  /** Null while the observation that it counts from is missing. */
  readonly opensAtMs: number | null;
  /** What is counted from: `published`, with its time. */
  readonly from: { readonly label: string; readonly atMs: number | null };
  /** What is added, in order. */
  readonly terms: readonly GateTerm[];
  /** When it opens at the earliest, while the observation that it truly counts from is missing. */
  readonly isForecast?: true;
}

export interface GateTerm {
  readonly label: string;
  readonly durationMs: number;
  /** `until`: after it something holds, so the instant says more than the duration. */
  readonly kind?: 'until';
  /** Whose value it is, so that one which was lowered meanwhile can be told apart. */
  readonly term?: keyof Terms;
}

/** How much sooner than strictly needed a key is published where there is no standby. */
export const PUBLISH_MARGIN_MS = 60_000;

export function isOpen(gate: Gate, nowMs: number): boolean {
  return gate.opensAtMs !== null && gate.isForecast !== true && gate.opensAtMs <= nowMs;
}

/** Seen in the ConfigMap + P: from then on every server and every mount shows the key. */
export function servedSinceGate(key: LedgerKey): Gate {
  return gate('published', key.publishedSeenMs, [
    until('served everywhere', key.largest, 'publicationDelayMs'),
  ]);
}

/**
 * Pending → Active: seen in the ConfigMap + P + H + C + S. H and C add up, because a verifier can
 * fetch a copy that is H old and hold it for C.
 */
export function activationGate(key: LedgerKey): Gate {
  const { largest } = key;
  return gate('published', key.publishedSeenMs, [
    until('served everywhere', largest, 'publicationDelayMs'),
    upTo('shared caches hold up to', largest, 'sharedCacheTtlMs'),
    upTo('caches hold up to', largest, 'verifierCacheTtlMs'),
    upTo('skew', largest, 'clockSkewMs'),
  ]);
}

/** New signer seen + Ps: from then on every issuer signs with the key. */
export function switchedGate(key: LedgerKey): Gate {
  return gate('signing', key.signerSeenMs, [
    until('every issuer signs with it', key.largest, 'signerRefreshDelayMs'),
  ]);
}

/**
 * New signer seen + Ps + S: the switch is taken up, by any clock. No further switch comes before it,
 * and whatever starts after it reads the new key: what a kubelet knows of a Secret is at most Ps old,
 * and its clock, which tells when a container started, is at most S behind. A pod that started earlier
 * and reads the Secret only once may hold an earlier key for as long as it runs.
 * @param key the active key, or one that signed before it: the same instant, seen from either.
 */
export function takenUpGate(key: LedgerKey): Gate {
  if (key.state !== 'Active') {
    return gate('stopped signing', key.supersededSeenMs, takenUpTerms(key.largest));
  }
  return gate('the last switch was seen', key.signerSeenMs, [
    until('every issuer signs with it', key.largest, 'signerRefreshDelayMs'),
    upTo('skew', key.largest, 'clockSkewMs'),
  ]);
}

/**
 * From here on a restarted pod is of a later time by any clock, also that of a node which is S
 * behind. Any sooner, and it could count as one that started too early, and be asked to do so again.
 */
export function restartGate(active: LedgerKey): Gate {
  const { largest } = active;
  return gate('the last switch was seen', active.signerSeenMs, [
    until('what starts takes the new key', largest, 'signerRefreshDelayMs'),
    { label: 'twice the skew', durationMs: 2 * largest.clockSkewMs },
  ]);
}

/**
 * Retiring → Retired: no pod seen that may hold the key + T + L + 2S, so that the last token that it
 * can have signed has expired everywhere. The live read that shows no such pod begins after
 * {@link takenUpGate}. Twice S: issuer against verifier, recorder against judge. C is not part of it:
 * a verifier that keeps a removed key accepts more, never less.
 */
export function removalGate(key: LedgerKey): Gate {
  const { largest, settled, supersededSeenMs } = key;
  const rest = removalTerms(largest);
  if (settled !== null) return gate('no issuer signs with it since', settled.seenMs, rest);
  const forecast = gate('stopped signing', supersededSeenMs, [...takenUpTerms(largest), ...rest]);
  return { ...forecast, isForecast: true };
}

/** The same while it can't be told when it will be seen that no pod holds the key. */
export function unforeseenRemovalGate({ largest }: LedgerKey): Gate {
  return gate('no issuer signs with it since', null, removalTerms(largest));
}

function removalTerms(largest: Terms): readonly GateTerm[] {
  return [
    upTo('its last token lives', largest, 'tokenTtlMs'),
    upTo('verifiers grant', largest, 'verifierLeewayMs'),
    { label: 'twice the skew', durationMs: 2 * largest.clockSkewMs },
  ];
}

function takenUpTerms(largest: Terms): readonly GateTerm[] {
  return [
    until('every issuer has switched', largest, 'signerRefreshDelayMs'),
    upTo('skew', largest, 'clockSkewMs'),
  ];
}

/**
 * Whether nobody can hold a token of this key that is still valid: it never signed, its removal
 * gate is open, or it was revoked, which makes its tokens invalid.
 */
export function mayLeave(key: LedgerKey, nowMs: number): boolean {
  return !key.mayHaveSigned || key.bar?.reason === 'Revoked' || isOpen(removalGate(key), nowMs);
}

/** Due at activation + I. When late, the old key lives longer; no gate is ever shortened. */
export function dueGate(active: LedgerKey, rotation: RotationPolicy): Gate {
  return gate('active', active.activatedMs, [
    { label: 'the rotation interval is', durationMs: rotation.intervalMs },
  ]);
}

/** Without a standby the next key is published at due − (P + H + C + S + 1m). */
export function publishGate(active: LedgerKey, rotation: RotationPolicy, terms: Terms): Gate {
  return gate('active', active.activatedMs, [
    { label: 'the rotation interval is', durationMs: rotation.intervalMs },
    { label: 'the next key needs a lead of', durationMs: -(leadMs(terms) + PUBLISH_MARGIN_MS) },
  ]);
}

/** In an ordered deletion the rest goes P + H + C + S after the JWKS was seen to be gone. */
export function deletionGate(ledger: Ledger, terms: Terms): Gate {
  return gate('JWKS removed', ledger.deletion?.jwksRemovedSeenMs ?? null, [
    until('gone everywhere', terms, 'publicationDelayMs'),
    upTo('shared caches hold up to', terms, 'sharedCacheTtlMs'),
    upTo('caches hold up to', terms, 'verifierCacheTtlMs'),
    upTo('skew', terms, 'clockSkewMs'),
  ]);
}

/** Of several keys the one that may sign soonest; the first of those that may at the same time. */
export function firstToOpen(keys: readonly LedgerKey[]): LedgerKey | null {
  return keys.reduce<LedgerKey | null>((first, key) => {
    const opensMs = (of: LedgerKey) => activationGate(of).opensAtMs ?? Number.POSITIVE_INFINITY;
    return first === null || opensMs(key) < opensMs(first) ? key : first;
  }, null);
}

/** The latest of those that must all be open; a gate that can't be told yet is the latest. */
export function lastOf<T extends { readonly gate: Gate }>(waits: readonly [T, ...T[]]): T {
  return waits.reduce((last, next) => {
    if (next.gate.opensAtMs === null) return next;
    if (last.gate.opensAtMs === null) return last;
    return next.gate.opensAtMs > last.gate.opensAtMs ? next : last;
  });
}

/** Every gate of a ledger by name, for the check that none moves earlier (invariant I8). */
export function namedGates(ledger: Ledger): ReadonlyMap<string, Gate> {
  const gates = new Map<string, Gate>();
  for (const key of ledger.keys) {
    if (key.state === 'Pending') gates.set(`activation of ${key.kid}`, activationGate(key));
    // A forecast is none yet: what it counts from may still be seen much later.
    if (key.state !== 'Active' && key.mayHaveSigned && key.settled !== null) {
      gates.set(`removal of ${key.kid}`, removalGate(key));
    }
  }
  const active = activeKey(ledger);
  if (active !== null) gates.set(`switch after ${active.kid}`, takenUpGate(active));
  return gates;
}

/** What must have passed, as a duration. */
function upTo(
  label: string,
  terms: Terms,
  term: Exclude<keyof Terms, 'verifierTrustMs'>,
): GateTerm {
  return { label, durationMs: terms[term], term };
}

/** What holds from an instant on. */
function until(...args: Parameters<typeof upTo>): GateTerm {
  return { ...upTo(...args), kind: 'until' };
}

function gate(label: string, atMs: number | null, terms: readonly GateTerm[]): Gate {
  const sumMs = terms.reduce((sum, term) => sum + term.durationMs, 0);
  return { opensAtMs: atMs === null ? null : atMs + sumMs, from: { label, atMs }, terms };
}
