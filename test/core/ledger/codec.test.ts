import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LEDGER_BYTES_MAX, readLedger, serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

type Json = Record<string, unknown>;

/** With every member set to something: a bar, a tombstone, lowered terms, a deletion. */
function fullLedger(): Ledger {
  const world = rotatedWorld();
  world.runFor(12_000);
  world.hands.editSpec((spec) => ({ ...spec, terms: { ...spec.terms, tokenTtlMs: 1_000 } }));
  world.settle();
  const ledger = ledgerOf(world);
  const [first, ...rest] = ledger.keys;
  if (first === undefined) throw new Error('there is a key');
  const bar = { generation: 3, reason: 'Revoked' as const, removedSeenMs: 5 };
  return {
    ...ledger,
    keys: [{ ...first, bar }, ...rest],
    handled: { rotate: 'r', rollback: 'b' },
    publication: { issuer: 'https://a', jwksUri: 'https://b' },
    deletion: { removing: true, jwksRemovedSeenMs: 7 },
  };
}

const full = fullLedger();
const text = serializeLedger(full);

test('a ledger is read as it was written, whole', () => {
  expect(full.tombstones).toHaveLength(1);
  expect(full.terms.lowered).toHaveLength(1);
  expect(readLedger(text)).toEqual({ kind: 'Ledger', ledger: full });
});

/** The stored texts of each version, with every member set to something. */
function stored(version: number): string {
  return readFileSync(new URL(`stored-v${version}.txt`, import.meta.url), 'utf8');
}

// The names in these texts are a promise: an upgrade must not lose what a set remembers.
test('a ledger of this version is read whole, and written back byte for byte', () => {
  const read = readLedger(stored(2));
  if (read.kind !== 'Ledger') throw new Error(JSON.stringify(read));
  expect(serializeLedger(read.ledger)).toBe(stored(2));
  expect(read.ledger.keys.map(({ supersededSeenMs }) => supersededSeenMs)).toContain(1796115647000);
});

test('a ledger that version 0.1.0 stored is read whole, and written back as this version does', () => {
  const read = readLedger(stored(1));
  if (read.kind !== 'Ledger') throw new Error(JSON.stringify(read));
  // What version 1 did not have. A recovery that it began is begun again.
  const upgraded = { epochMs: 0, recovering: { uid: '', resourceVersion: '' }, signer: null };
  const text = JSON.stringify({ ...JSON.parse(stored(2)), ...upgraded });
  expect(serializeLedger(read.ledger)).toBe(text);
});

describe('version 1 had a floor instead of the next ordinal', () => {
  // The text has the keys 2 to 4, and a tombstone of 1.
  test.each([
    ['a floor below all keys', { ordinalFloor: 1 }, 5],
    ['no floor at all', { ordinalFloor: 0 }, 5],
    ['a floor above all keys', { ordinalFloor: 9 }, 9],
    ['nothing else', { ordinalFloor: 0, keys: [], tombstones: [] }, 1],
  ])('%s', (_, changes, expected) => {
    const read = readLedger(JSON.stringify({ ...JSON.parse(stored(1)), ...changes }));
    expect(read).toMatchObject({ kind: 'Ledger', ledger: { nextOrdinal: expected } });
  });

  test('which it must have', () => {
    const { ordinalFloor: _, ...rest } = JSON.parse(stored(1)) as Json;
    expect(readLedger(JSON.stringify({ ...rest, nextOrdinal: 5 })).kind).toBe('Unreadable');
  });
});

test('equal ledgers have equal texts, whatever the order of their members', () => {
  const shuffled = Object.fromEntries(Object.entries(full).reverse()) as unknown as Ledger;
  expect(serializeLedger(shuffled)).toBe(text);
});

test('the text of every generation of a life is read back to the same text', () => {
  const world = rotatedWorld();
  world.onWritten = ({ ledger }) => {
    if (ledger === null) return;
    const read = readLedger(serializeLedger(ledger));
    expect(read.kind === 'Ledger' && serializeLedger(read.ledger)).toBe(serializeLedger(ledger));
  };
  world.runFor(90_000);
});

/** Every path to a member, such as `keys.0.bar.reason`. */
function pathsOf(value: unknown, prefix = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [path, ...pathsOf(member, path)];
  });
}

/** A copy with the member at a path replaced, or removed if the value is undefined. */
function replaced(path: string, value: unknown): string {
  const copy = JSON.parse(text) as Json;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Json>((at, name) => at[name] as Json, copy);
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1, 'gone');
  else delete parent[last];
  return JSON.stringify(copy);
}

interface OldLedger {
  readonly closed?: unknown;
  readonly rollbackRefused?: unknown;
  readonly keys: readonly { readonly settled?: unknown }[];
}

/** Members that the first operators did not write. */
const ADDED: readonly RegExp[] = [/^rollbackRefused$/, /^closed$/, /^keys\.\d+\.settled$/];
const isAdded = (path: string) => ADDED.some((added) => added.test(path));

describe('a ledger that is malformed in one member is refused', () => {
  const paths = pathsOf(JSON.parse(text));

  test.each(paths.filter((path) => !isAdded(path)))('%s is missing', (path) => {
    expect(readLedger(replaced(path, undefined)).kind).toBe('Unreadable');
  });

  test.each(paths)('%s is of another type', (path) => {
    expect(readLedger(replaced(path, [[]])).kind).toBe('Unreadable');
  });

  test.each<[string, unknown, string]>([
    ['generation', -1, 'generation is not a non-negative integer'],
    ['generation', 1.5, 'generation is not a non-negative integer'],
    ['generation', 2 ** 53, 'generation is not a non-negative integer'],
    ['keys.0.state', 'Retired', 'state has an unknown value'],
    ['keys.0.algorithm', 'none', 'algorithm has an unknown value'],
    ['keys.0.kid', 'other', 'a key and its JWK have different kids'],
    ['keys.0.publicJwk.d', 'AA', `a key has the private member 'd'`],
    ['keys.1.ordinal', 2, 'an ordinal appears twice'],
    ['tombstones.0.kid', 'k2', 'a kid appears twice'],
    ['keys.1.state', 'Active', 'more than one key is active'],
    ['keys', new Array(17).fill({}), 'keys has more than 16 entries'],
    [
      'keys.0.settled',
      { seenMs: 0.5, reload: 'Watch' },
      'settled.seenMs is not a non-negative integer',
    ],
    ['keys.0.settled', { seenMs: 5, reload: 'Never' }, 'settled.reload has an unknown value'],
    ['nextOrdinal', 0, 'nextOrdinal is not above every ordinal'],
    ['nextOrdinal', 3, 'nextOrdinal is not above every ordinal'],
    ['version', 0, 'version 0 is unknown'],
  ])('%s: %j', (path, value, problem) => {
    expect(readLedger(replaced(path, value))).toEqual({ kind: 'Unreadable', problem });
  });

  test.each([
    ['', 'it is not JSON'],
    ['{', 'it is not JSON'],
    ['[]', 'ledger is not an object'],
    ['null', 'ledger is not an object'],
    ['{}', 'version is not a non-negative integer'],
    [' '.repeat(LEDGER_BYTES_MAX + 1), `it is larger than ${LEDGER_BYTES_MAX} bytes`],
  ])('%.10s', (bad, problem) => {
    expect(readLedger(bad)).toEqual({ kind: 'Unreadable', problem });
  });
});

test('a ledger of an operator that did not know these members is read', () => {
  const { closed: _, rollbackRefused: __, ...old } = JSON.parse(text) as OldLedger;
  const keys = old.keys.map(({ settled: ___, ...key }) => key);
  const read = readLedger(JSON.stringify({ ...old, keys }));
  expect(read).toMatchObject({
    kind: 'Ledger',
    ledger: { generation: expect.any(Number), closed: false, rollbackRefused: null },
  });
  expect(read.kind === 'Ledger' && read.ledger.keys.map(({ settled }) => settled)).toEqual(
    keys.map(() => null),
  );
});

test('a ledger of a newer version is recognized, whatever else it holds', () => {
  expect(readLedger('{"version":3}')).toEqual({ kind: 'Newer', version: 3 });
});
