import { describe, expect, test } from 'vitest';
import { fieldText, managerOf } from '../../../src/core/reading/field-managers.ts';

const entry = (manager: string, time: string, fieldsV1: unknown) => ({
  manager,
  operation: 'Update',
  time,
  fieldsV1,
});
const LABEL = { 'f:metadata': { 'f:labels': { '.': {}, 'f:cost-center': {} } } };
const FINALIZERS = { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a/b"': {} } } };
const DATA = { 'f:data': { 'f:jwks.json': {} } };

describe('who set a field last', () => {
  test.each([
    ['its manager', [entry('helm', '2026-12-01T09:00:00Z', LABEL)], 'helm'],
    [
      'of two the later one',
      [
        entry('policy', '2026-12-01T09:00:05Z', LABEL),
        entry('helm', '2026-12-01T09:00:00Z', LABEL),
      ],
      'policy',
    ],
    ['nobody, if others manage other fields', [entry('helm', '2026-12-01T09:00:00Z', DATA)], null],
    ['nobody, if there is no record', undefined, null],
    ['nobody, in nonsense', [3, null, { manager: 4, fieldsV1: LABEL }], null],
  ])('%s', (_, managedFields, expected) => {
    expect(managerOf(managedFields, ['metadata', 'labels', 'cost-center'])).toBe(expected);
  });

  test('an element of a set, and an entry with a dot in its name', () => {
    const fields = [
      entry('gc', '2026-12-01T09:00:00Z', FINALIZERS),
      entry('hand', '2026-12-01T09:00:00Z', DATA),
    ];
    expect(managerOf(fields, ['metadata', 'finalizers', 'a/b'])).toBe('gc');
    expect(managerOf(fields, ['data', 'jwks.json'])).toBe('hand');
  });
});

test.each([
  [['metadata', 'labels', 'app.kubernetes.io/name'], 'metadata.labels[app.kubernetes.io/name]'],
  [['metadata', 'finalizers', 'a/b'], 'metadata.finalizers[a/b]'],
  [['data', 'jwks.json'], 'data[jwks.json]'],
  [['status', 'conditions'], 'status.conditions'],
  [
    ['spec', 'template', 'metadata', 'annotations', 'a/b'],
    'spec.template.metadata.annotations[a/b]',
  ],
])('%j reads %s', (path, expected) => {
  expect(fieldText(path)).toBe(expected);
});
