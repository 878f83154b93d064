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

export const NO_LEDGERS: ObservedLedgers = { signer: null, status: null, jwks: null };

/** The ledger, or else the first readable copy, or null. Use it only to decide what else to read. */
export function firstReadable({ signer, status, jwks }: ObservedLedgers): Ledger | null {
  for (const read of [signer, status, jwks]) {
    if (read?.kind === 'Ledger') return read.ledger;
  }
  return null;
}
