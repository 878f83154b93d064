import { describe, expect, test } from 'vitest';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import {
  compareLedgers,
  isSameLine,
  NO_LEDGERS,
  newestOf,
  type ObservedLedgers,
  readableOf,
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
  test.each<[string, Record<keyof ObservedLedgers, unknown>, string, readonly number[]]>([
    ['none is there', { signer: undefined, status: undefined, jwks: null }, '- - -', []],
    ['all are there', { signer: text(3), status: text(2), jwks: text(1) }, '3 2 1', [3, 2, 1]],
    ['the signer has none', { signer: 7, status: text(2), jwks: text(3) }, '- 2 3', [2, 3]],
    [
      'one is unreadable, and one is newer',
      { signer: '{', status: NEWER, jwks: text(1) },
      'Unreadable Newer 1',
      [1],
    ],
    [
      'none can be read',
      { signer: '', status: NEWER, jwks: '[]' },
      'Unreadable Newer Unreadable',
      [],
    ],
    ['what is stored is not a text', { signer: 7, status: {}, jwks: true }, '- - -', []],
  ])('%s', (_, texts, places, readable) => {
    const ledgers = readLedgers(texts);
    expect(told(ledgers)).toBe(places);
    expect(readableOf(ledgers).map(({ generation }) => generation)).toEqual(readable);
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

describe('which ledger counts', () => {
  const ledger = (uid: string, epochMs: number, generation: number): Ledger => ({
    ...LEDGER,
    set: { ...LEDGER.set, uid },
    epochMs,
    generation,
  });

  test.each([
    ['a later generation', ledger('living', 5, 9), ledger('living', 5, 8)],
    ['a later epoch, whatever the generations', ledger('living', 6, 1), ledger('living', 5, 90)],
    ['the living set, whatever the epochs', ledger('living', 1, 1), ledger('earlier', 9, 90)],
    ['the later of two earlier sets', ledger('second', 6, 1), ledger('first', 5, 90)],
  ])('%s', (_, newer, older) => {
    expect(compareLedgers(newer, older, 'living')).toBeGreaterThan(0);
    expect(compareLedgers(older, newer, 'living')).toBeLessThan(0);
    expect(newestOf([older, newer, older], 'living')).toBe(newer);
  });

  test('none of none, and the first of equal ones', () => {
    const [first, second] = [ledger('living', 1, 1), ledger('living', 1, 1)];
    expect(newestOf([], 'living')).toBeNull();
    expect(newestOf([first, second], 'living')).toBe(first);
  });

  test('generations can be compared within one life and one epoch only', () => {
    expect(isSameLine(ledger('living', 5, 9), ledger('living', 5, 8))).toBe(true);
    expect(isSameLine(ledger('living', 5, 9), ledger('living', 6, 9))).toBe(false);
    expect(isSameLine(ledger('living', 5, 9), ledger('earlier', 5, 9))).toBe(false);
  });
});
