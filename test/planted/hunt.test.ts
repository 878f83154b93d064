import { expect, test } from 'vitest';
import type { Catcher, Find, Judges } from './catcher.ts';
import { huntIn, row } from './hunt.ts';
import type { Patch } from './plant.ts';

const PATCH: Patch = {
  name: 'odd',
  path: '/odd.patch',
  description: 'An odd one.',
  first: [],
  by: null,
};

const finding = (by: string, judges: Judges): Find => ({
  ...{ by, judges, promise: 'P1', after: '3 plans', message: 'a token is rejected' },
});
const finds = (name: string, judges: Judges): Catcher => ({
  ...{ name, judges, look: async () => finding(name, judges) },
});
const misses = (name: string): Catcher => ({ name, judges: 'world', look: async () => null });
/** Looks until it is told to stop. */
const searches: Catcher = {
  name: 'searches',
  judges: 'world',
  look: ({ signal }) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener('abort', () => resolve(null));
    }),
};
const breaks: Catcher = {
  name: 'breaks',
  judges: 'world',
  look: async () => {
    throw new Error('no report');
  },
};

const huntWith = (...lines: Catcher[][]) => huntIn('/copy', PATCH, lines, () => {});

test('what judges the world ends the search of the others', async () => {
  const found = await huntWith([searches], [misses('properties'), finds('explorer', 'world')]);
  expect(found?.by).toBe('explorer');
});

test('a find of a unit test does not end the search, and counts less than one on the world', async () => {
  const world = { ...misses('simulator'), look: async () => finding('simulator', 'world') };
  const found = await huntWith([finds('tests', 'code'), world], []);
  expect(found?.by).toBe('simulator');
});

test('a unit test is what caught it only if all others have missed it', async () => {
  const found = await huntWith([misses('simulator')], [finds('tests', 'code')]);
  expect(found).toMatchObject({ by: 'tests', judges: 'code' });
});

test('nothing is found if all miss it', async () => {
  expect(await huntWith([misses('simulator')], [misses('properties')])).toBeNull();
});

test('a catcher that breaks is no catch: the others are stopped, and it is told', async () => {
  await expect(huntWith([searches], [breaks])).rejects.toThrow('no report');
});

test('each catcher is told of with how far it is', async () => {
  const told: string[] = [];
  const tells: Catcher = {
    ...misses('properties'),
    look: async ({ say }) => {
      say('running');
      return null;
    },
  };
  const progress = (name: string, text: string) => told.push(`${name}: ${text}`);
  await huntIn('/copy', PATCH, [[tells, finds('explorer', 'world')]], progress);
  expect(told).toEqual(['properties: running', 'explorer: caught it after 3 plans']);
});

const CAUGHT = { after: '3 plans', promise: 'P1', message: 'a token is rejected' } as const;

test('a bug that a check on the world caught', () => {
  const found = { ...CAUGHT, by: 'simulator', judges: 'world' } as const;
  expect(row('odd', found, 7)).toMatch(
    /^odd +7 s +P1 by the simulator after 3 plans: a token is rejected$/,
  );
});

test('one that a unit or golden test alone caught says that this does not count', () => {
  const found = { ...CAUGHT, by: 'tests', judges: 'code' } as const;
  expect(row('odd', found, 7)).toMatch(/caught by a unit or golden test only/);
});

test('one that nothing caught', () => {
  expect(row('odd', null, 170)).toMatch(/^odd +170 s +NOT CAUGHT$/);
});
