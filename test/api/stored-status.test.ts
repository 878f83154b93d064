import { expect, test } from 'vitest';
import { readStoredStatus } from '../../src/api/stored-status.ts';
import { rotatedWorld } from '../support/core-world/states.ts';

const status = rotatedWorld().api.set?.status ?? {};

test('what the operator writes is read as it was written', () => {
  expect(Object.keys(status).length).toBeGreaterThan(8);
  expect(readStoredStatus(JSON.parse(JSON.stringify(status)))).toEqual(
    JSON.parse(JSON.stringify(status)),
  );
});

test.each([[undefined], [null], ['status'], [[]]])('%j is no status', (value) => {
  expect(readStoredStatus(value)).toBeNull();
});

test.each<[string, unknown]>([
  ['keys', 'k1'],
  ['keys', [{ kid: 'k1' }]],
  ['keys', new Array(65).fill(status.keys?.[0])],
  ['history', new Array(21).fill(status.history?.[0])],
  ['conditions', [{ type: 'Ready', status: 'Perhaps' }]],
  ['ledger', 'x'.repeat(131_073)],
  ['ledger', 7],
  ['keyCount', 1.5],
  ['keyCount', 2 ** 53],
  ['terms', { tokenTTL: 8 }],
  ['terms', { tokenTTL: `${'9'.repeat(20)}h` }],
  ['lastHandledRotateRequest', 'r'.repeat(257)],
  ['note', 'of another version'],
])('a %s that the CRD does not allow is left out: %.40j', (name, value) => {
  const read = readStoredStatus({ ...status, [name]: value });
  const { [name as keyof typeof status]: _, ...rest } = status;
  expect(read).toEqual(rest);
});
