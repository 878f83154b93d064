import { describe, expect, test } from 'vitest';
import type { Status } from '../../../src/core/formats/status.ts';
import { KeptStatus } from '../../../src/operator/memory/kept-status.ts';

const KEY = { ordinal: 1, kid: 'a', state: 'Active', algorithm: 'ES256' } as const;
const SETTLED = '2026-12-01T09:00:00Z';
const OTHER = { ...KEY, ordinal: 2, kid: 'b' } as const;
const KEYS = [{ ...KEY, settledTime: SETTLED }, OTHER];
const WRITTEN: Status = { keyCount: 1, keys: KEYS, ledger: 'l' };

describe('what the API server did not store as it was written', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['nothing', structuredClone(WRITTEN), []],
    ['nothing, in another order', { ledger: 'l', keys: WRITTEN.keys, keyCount: 1 }, []],
    ['more than was written', { ...WRITTEN, extra: 1 }, []],
    ['a field', { ...WRITTEN, ledger: undefined }, ['ledger']],
    [
      'a field of the entries of a list',
      { ...WRITTEN, keys: [KEY, OTHER] },
      ['keys[].settledTime'],
    ],
    ['one with another value', { ...WRITTEN, keyCount: 2 }, ['keyCount']],
    ['an entry of a list', { ...WRITTEN, keys: [KEY] }, ['keys']],
    ['two fields', { keys: WRITTEN.keys }, ['keyCount', 'ledger']],
    ['all of it', undefined, ['keyCount', 'keys', 'ledger']],
  ])('%s', (_, stored, expected) => {
    const kept = new KeptStatus();
    kept.note(WRITTEN, stored, 0);
    expect(kept.lost).toEqual(expected);
  });
});

describe('a status is read as it was written', () => {
  const STORED: Status = { keyCount: 1, keys: WRITTEN.keys ?? [] };

  test.each<[string, Status | null, number, Status | null]>([
    ['if it is what became of it', structuredClone(STORED), 599_999, WRITTEN],
    ['not if it has changed since', { ...STORED, keyCount: 2 }, 0, { ...STORED, keyCount: 2 }],
    ['not if it is gone', null, 0, null],
    ['not after ten minutes: the CRD may be another one by then', STORED, 600_000, STORED],
  ])('%s', (_, stored, atMs, expected) => {
    const kept = new KeptStatus();
    kept.note(WRITTEN, STORED, 0);
    expect(kept.asWritten(stored, atMs)).toEqual(expected);
  });

  test('as it is, once all of it was stored', () => {
    const kept = new KeptStatus();
    kept.note(WRITTEN, STORED, 0);
    kept.note(WRITTEN, WRITTEN, 1);
    expect(kept.asWritten(STORED, 1)).toEqual(STORED);
    expect(kept.lost).toEqual([]);
  });
});

describe('nothing waits for a status whose writes fail', () => {
  test.each<[string, readonly ('conflict' | 'failure' | 'success')[], boolean]>([
    ['at first', [], false],
    ['after one conflict, as people edit the set', ['conflict'], false],
    ['after two in a row', ['conflict', 'conflict'], true],
    ['after two with a success between them', ['conflict', 'success', 'conflict'], false],
    ['after any other failure', ['failure'], true],
    ['until one succeeds', ['failure', 'conflict', 'success'], false],
  ])('%s', (_, writes, expected) => {
    const kept = new KeptStatus();
    for (const each of writes) {
      if (each === 'success') kept.note(WRITTEN, WRITTEN, 0);
      else kept.failed(each === 'conflict');
    }
    expect(kept.isFailing).toBe(expected);
  });
});
