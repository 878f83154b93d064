/** The three places where a ledger can be read: the signer Secret, and its copies. */
import { type ReadLedger, readLedger } from '../ledger/codec.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** Null where there is none. A pass parses each of them once. */
export interface ObservedLedgers {
  readonly signer: ReadLedger | null;
  readonly status: ReadLedger | null;
  readonly jwks: ReadLedger | null;
}

/** The texts as they are stored; what is no text counts as none. */
export function readLedgers(
  texts: Readonly<Record<keyof ObservedLedgers, unknown>>,
): ObservedLedgers {
  // Copies are mostly the same text: then it is parsed once.
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

/** The ledger, or the first copy that can be read. It only says what else to read. */
export function firstReadable({ signer, status, jwks }: ObservedLedgers): Ledger | null {
  for (const read of [signer, status, jwks]) {
    if (read?.kind === 'Ledger') return read.ledger;
  }
  return null;
}
