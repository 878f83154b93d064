import { expect, test } from 'vitest';
import { catcherOf } from './catchers.ts';
import type { Patch } from './plant.ts';

const PATCH: Patch = {
  ...{ name: 'odd', path: '/odd.patch', description: 'An odd one.' },
  ...{ first: [], by: null },
};

test('the simulator must catch a patch, unless it names another check on the world', () => {
  expect(catcherOf(PATCH).name).toBe('simulator');
  expect(catcherOf({ ...PATCH, by: 'properties' }).name).toBe('properties');
});

test.each(['tests', 'hope'])('%s is no check on the world', (by) => {
  expect(() => catcherOf({ ...PATCH, by })).toThrow(`no check on the world is called ${by}`);
});
