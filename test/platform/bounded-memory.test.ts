import { expect, test } from 'vitest';
import { BoundedMemory } from '../../src/platform/bounded-memory.ts';

test('beyond the maximum it forgets the oldest', () => {
  const memory = new BoundedMemory<number>(2);
  for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) memory.set(key, value);
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual([undefined, 2, 3]);
});

test('setting a key again replaces its value and forgets no other', () => {
  const memory = new BoundedMemory<number>(2);
  memory.set('a', 1);
  memory.set('b', 2);
  memory.set('a', 3);
  expect(['a', 'b'].map((key) => memory.get(key))).toEqual([3, 2]);
});
