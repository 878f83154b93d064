import { describe, expect, test } from 'vitest';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import {
  firstReadable,
  NO_LEDGERS,
  type ObservedLedgers,
  readLedgers,
} from '../../../src/core/reading/ledgers.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const LEDGER = ledgerOf(rotatedWorld());
/** The ledger of a generation, as it is stored. */
const text = (generation: number) => serializeLedger({ ...LEDGER, generation });
const NEWER = '{"version":99}';

/** What each place holds: a generation, a kind, or `-`. */
function told({ signer, status, jwks }: ObservedLedgers): string {
  const words = [signer, status, jwks].map((read) => {
    return read?.kind === 'Ledger' ? read.ledger.generation : (read?.kind ?? '-');
  });
  return words.join(' ');
}

describe('the three places', () => {
  test.each<[string, Record<keyof ObservedLedgers, unknown>, string, number | null]>([
    ['none is there', { signer: undefined, status: undefined, jwks: null }, '- - -', null],
    ['all are there', { signer: text(3), status: text(2), jwks: text(1) }, '3 2 1', 3],
    ['the signer has none', { signer: undefined, status: text(2), jwks: text(3) }, '- 2 3', 2],
    ['the JWKS alone has one', { signer: undefined, status: undefined, jwks: text(1) }, '- - 1', 1],
    [
      'one is unreadable, and one is newer',
      { signer: '{', status: NEWER, jwks: text(1) },
      'Unreadable Newer 1',
      1,
    ],
    [
      'none can be read',
      { signer: '', status: NEWER, jwks: '[]' },
      'Unreadable Newer Unreadable',
      null,
    ],
    ['what is stored is not a text', { signer: 7, status: {}, jwks: true }, '- - -', null],
  ])('%s', (_, texts, places, first) => {
    const ledgers = readLedgers(texts);
    expect(told(ledgers)).toBe(places);
    expect(firstReadable(ledgers)?.generation ?? null).toBe(first);
  });

  test('the same text is parsed once, another text by itself', () => {
    const { signer, status, jwks } = readLedgers({
      signer: text(2),
      status: text(2),
      jwks: text(1),
    });
    expect(status).toBe(signer);
    expect(jwks).not.toBe(signer);
  });

  test('no ledgers are those of a set that has nothing', () => {
    expect(NO_LEDGERS).toEqual(readLedgers({ signer: null, status: null, jwks: null }));
  });
});
