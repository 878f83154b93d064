/** Each part of a set's memory has a maximum, and gives up what is oldest. */
import { expect, test } from 'vitest';
import { CONTENTS_MAX, KeyContents } from '../../../src/operator/memory/key-contents.ts';
import { TAKEN_NAMES_MAX, TakenNames } from '../../../src/operator/memory/taken-names.ts';

test('what key Secrets hold', () => {
  const contents = new KeyContents();
  const content = { typeFits: true, content: { kind: 'Broken', problem: 'any' } } as const;
  const secret = (version: number) => ({ name: 's', uid: 'u', resourceVersion: String(version) });
  for (let version = 0; version <= CONTENTS_MAX; version += 1) {
    contents.remember(secret(version), null, false, content);
  }
  expect(contents.find(secret(0), null)).toBeNull();
  expect(contents.find(secret(1), null)).toEqual(content);
  expect(contents.find(secret(CONTENTS_MAX), null)).toEqual(content);
});

test('it is known of one version, or, of an immutable Secret, for all', () => {
  const content = { typeFits: true, content: { kind: 'Broken', problem: 'any' } } as const;
  for (const isImmutable of [false, true]) {
    const contents = new KeyContents();
    contents.remember({ uid: 'u', resourceVersion: '1' }, null, isImmutable, content);
    const later = contents.find({ uid: 'u', resourceVersion: '2' }, null);
    expect(later).toEqual(isImmutable ? content : null);
  }
});

test('names that a POST found taken', () => {
  const names = new TakenNames();
  for (let count = 0; count <= TAKEN_NAMES_MAX; count += 1) names.add(`payments-key-${count}`);
  expect([...names]).toHaveLength(TAKEN_NAMES_MAX);
  expect([...names]).not.toContain(`payments-key-${TAKEN_NAMES_MAX}`);
  names.keepOnly(new Set(['payments-key-7']));
  expect([...names]).toEqual(['payments-key-7']);
});
