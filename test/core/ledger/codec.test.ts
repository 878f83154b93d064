import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  GENERATION_MAX,
  INSTANT_MAX_MS,
  LEDGER_BYTES_MAX,
  ORDINAL_MAX,
} from '../../../src/core/ledger/bounds.ts';
import { readLedger, serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger, LedgerKey, LedgerKeyState } from '../../../src/core/ledger/ledger.ts';
import { TRUST_MAX_MS } from '../../../src/core/ledger/terms.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
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
    keys: [{ ...first, state: 'Retiring', bar }, ...rest],
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
    ['generation', -1, `generation is not from 0 to ${GENERATION_MAX}`],
    ['generation', 1.5, 'generation is not a whole number'],
    ['generation', 2 ** 53, 'generation is not a whole number'],
    ['generation', 2 ** 53 - 1, `generation is not from 0 to ${GENERATION_MAX}`],
    ['epochMs', 2 ** 53 - 1, `epochMs is not from 0 to ${INSTANT_MAX_MS}`],
    ['keys.0.bar.generation', 2 ** 53 - 1, `bar.generation is not from 0 to ${GENERATION_MAX}`],
    ['keys.0.bar.generation', 99, 'a key is barred by a later generation'],
    ['keys.0.publishedSeenMs', 2 ** 53 - 1, `publishedSeenMs is not from 0 to ${INSTANT_MAX_MS}`],
    [
      'keys.0.largest.tokenTtlMs',
      31_536_000_001,
      'largest.tokenTtlMs is not from 0 to 31536000000',
    ],
    [
      'terms.declared.clockSkewMs',
      2 ** 53 - 1,
      'terms.declared.clockSkewMs is not from 0 to 3600000',
    ],
    ['keys.0.rsaModulusLength', 2048, 'a key and its JWK are of different kinds'],
    ['keys.0.algorithm', 'ES384', 'a key and its JWK are of different kinds'],
    ['keys.0.ordinal', 0, `ordinal is not from 1 to ${ORDINAL_MAX}`],
    ['nextOrdinal', 2 ** 53 - 1, `nextOrdinal is not from 1 to ${ORDINAL_MAX}`],
    ['tombstones.0.trustMs', 2 ** 53 - 1, `tombstone.trustMs is not from 0 to ${TRUST_MAX_MS}`],
    ['tombstones.0.kid', 'with a space', 'tombstone.kid is not the id of a key'],
    ['previousKid', 'k'.repeat(129), 'previousKid is not the id of a key'],
    ['set.uid', 'u'.repeat(129), 'set.uid is longer than 128'],
    ['jwks.managers', new Array(34).fill('m'), 'jwks.managers has more than 33 entries'],
    ['jwks.managers', ['m'.repeat(161)], 'jwks.managers is longer than 160'],
    ['handled.rotate', 'r'.repeat(257), 'handled.rotate is longer than 256'],
    ['publication.issuer', 'http://a', 'publication.issuer is not a URL that a spec can have'],
    ['keys.0.publicJwk.note', 'x', 'a key has a member that is not published'],
    ['keys.0.publicJwk.y', 'AAAA', `the member 'y' has not 32 bytes`],
    ['keys.0.state', 'Retired', 'state has an unknown value'],
    ['keys.0.algorithm', 'none', 'algorithm has an unknown value'],
    ['keys.0.kid', 'other', 'a key and its JWK have different kids'],
    ['keys.0.publicJwk.d', 'AA', `a key has the private member 'd'`],
    ['keys.1.ordinal', 2, 'an ordinal appears twice'],
    ['tombstones.0.kid', 'k2', 'a kid appears twice'],
    ['keys.0.state', 'Active', 'the active key is barred'],
    ['keys', new Array(17).fill({}), 'keys has more than 16 entries'],
    ['keys.0.settled', { seenMs: 0.5, reload: 'Watch' }, 'settled.seenMs is not a whole number'],
    ['keys.0.settled', { seenMs: 5, reload: 'Never' }, 'settled.reload has an unknown value'],
    ['nextOrdinal', 0, `nextOrdinal is not from 1 to ${ORDINAL_MAX}`],
    ['nextOrdinal', 3, 'nextOrdinal is not above every ordinal'],
    ['version', 0, 'version is not from 1 to 9999'],
    ['version', 2 ** 53 - 1, 'version is not from 1 to 9999'],
  ])('%s: %j', (path, value, problem) => {
    expect(readLedger(replaced(path, value))).toEqual({ kind: 'Unreadable', problem });
  });

  test.each([
    ['', 'it is not JSON'],
    ['{', 'it is not JSON'],
    ['[]', 'ledger is not an object'],
    ['null', 'ledger is not an object'],
    ['{}', 'version is not a whole number'],
    [' '.repeat(LEDGER_BYTES_MAX + 1), `it is larger than ${LEDGER_BYTES_MAX} bytes`],
    // Two bytes each in UTF-8.
    [`"${'é'.repeat(LEDGER_BYTES_MAX / 2)}"`, `it is larger than ${LEDGER_BYTES_MAX} bytes`],
  ])('%.10s', (bad, problem) => {
    expect(readLedger(bad)).toEqual({ kind: 'Unreadable', problem });
  });
});

describe('what no single member shows is refused', () => {
  const [template] = full.keys;
  const published = (count: number, state: LedgerKeyState) =>
    Array.from({ length: count }, (_, index): LedgerKey => {
      if (template === undefined) throw new Error('there is a key');
      const kid = `many-${index}`;
      const publicJwk = fixtureJwk(kid, template);
      return { ...template, kid, publicJwk, ordinal: 50 + index, state, bar: null };
    });

  test.each<[string, readonly LedgerKey[], string]>([
    ['two active keys', published(2, 'Active'), 'more than one key is active'],
    ['nine published keys', published(9, 'Pending'), 'more than 8 keys are published'],
  ])('%s', (_, keys, problem) => {
    const text = serializeLedger({ ...full, keys, nextOrdinal: 99 });
    expect(readLedger(text)).toEqual({ kind: 'Unreadable', problem });
  });

  test('eight published keys are not', () => {
    const text = serializeLedger({ ...full, keys: published(8, 'Pending'), nextOrdinal: 99 });
    expect(readLedger(text).kind).toBe('Ledger');
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
