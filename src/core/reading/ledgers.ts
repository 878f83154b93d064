/** The three places that hold a ledger: the signer Secret, and its copies in the status and the JWKS. */
import { type ReadLedger, readLedger } from '../ledger/codec.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** Null if there is no ledger. A pass parses each of them once. */
export interface ObservedLedgers {
  readonly signer: ReadLedger | null;
  readonly status: ReadLedger | null;
  readonly jwks: ReadLedger | null;
}

/** @param texts as they are stored; a value that is not a string counts as no ledger. */
export function readLedgers(
  texts: Readonly<Record<keyof ObservedLedgers, unknown>>,
): ObservedLedgers {
  // The copies are mostly the same text, which is then parsed only once.
  const known = new Map<string, ReadLedger>();
  const read = (text: unknown): ReadLedger | null => {
    if (typeof text !== 'string') return null;
    const found = known.get(text) ?? readLedger(text);
    known.set(text, found);
    return found;
  };
  return { signer: read(texts.signer), status: read(texts.status), jwks: read(texts.jwks) };
}

/**
 * How far ahead of the clocks an instant can be. An operator only notes what it has seen, but its clock may have
 * been wrong then.
 */
const AHEAD_MAX_MS = 366 * 24 * 3_600_000;

/** @param seenMs by the later clock */
export function isAhead(atMs: number, seenMs: number): boolean {
  return atMs > seenMs + AHEAD_MAX_MS;
}

/**
 * A ledger with an instant that lies ahead of the clocks is forged, or the clocks are wrong. It counts as
 * unreadable if another one is there whose instants are all in order: then it is not the clocks.
 * @param seenMs by the later clock
 */
export function withoutFuture(ledgers: ObservedLedgers, seenMs: number): ObservedLedgers {
  const isOfFuture = (ledger: Ledger) => instantsOf(ledger).some((atMs) => isAhead(atMs, seenMs));
  const readable = readableOf(ledgers);
  if (readable.every(isOfFuture) || !readable.some(isOfFuture)) return ledgers;
  const judged = (read: ReadLedger | null) =>
    read?.kind === 'Ledger' && isOfFuture(read.ledger) ? OF_FUTURE : read;
  const { signer, status, jwks } = ledgers;
  return { signer: judged(signer), status: judged(status), jwks: judged(jwks) };
}

const OF_FUTURE: ReadLedger = { kind: 'Unreadable', problem: 'it has a time in the future' };

function instantsOf({ epochMs, keys, tombstones, terms, deletion }: Ledger): readonly number[] {
  const known = [
    epochMs,
    deletion?.jwksRemovedSeenMs,
    ...terms.lowered.map(({ seenMs }) => seenMs),
    ...tombstones.map(({ removedSeenMs }) => removedSeenMs),
    ...keys.flatMap((key) => [
      key.publishedSeenMs,
      key.activatedMs,
      key.signerSeenMs,
      key.supersededSeenMs,
      key.settled?.seenMs,
      key.bar?.removedSeenMs,
    ]),
  ];
  return known.filter((atMs) => atMs !== null && atMs !== undefined);
}

export const NO_LEDGERS: ObservedLedgers = { signer: null, status: null, jwks: null };

/** Which of several ledgers counts, wherever each of them is; null for an empty list. */
export function newestOf(ledgers: readonly Ledger[], setUid: string): Ledger | null {
  return ledgers.reduce<Ledger | null>(
    (best, next) => (best === null || compareLedgers(next, best, setUid) > 0 ? next : best),
    null,
  );
}

/**
 * Positive if `a` is the newer one. A ledger of the living set beats one of an earlier set. Then the
 * later epoch counts, and only within one epoch the generation: its numbers start again in each life of
 * a set and in each rebuild, so that a restored object may well have the larger one.
 * @param setUid of the living set
 */
export function compareLedgers(a: Ledger, b: Ledger, setUid: string): number {
  const lives = Number(a.set.uid === setUid) - Number(b.set.uid === setUid);
  return lives || a.epochMs - b.epochMs || a.generation - b.generation;
}

/** Whether both are of one line, so that their generations can be compared. */
export function isSameLine(a: Ledger, b: Ledger): boolean {
  return a.set.uid === b.set.uid && a.epochMs === b.epochMs;
}

/** All that can be read. */
export function readableOf(ledgers: ObservedLedgers): readonly Ledger[] {
  return Object.values(ledgers).flatMap((read: ReadLedger | null) =>
    read?.kind === 'Ledger' ? [read.ledger] : [],
  );
}
