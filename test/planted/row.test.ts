import { expect, test } from 'vitest';
import { row } from './row.ts';

const FIND = { after: '3 plans', promise: 'P1', message: 'a token is rejected' } as const;

test('a bug that a check on the world caught', () => {
  const found = { ...FIND, by: 'simulator', judges: 'world' } as const;
  expect(row('odd', found, 7)).toMatch(
    /^odd +7 s +P1 by the simulator after 3 plans: a token is rejected$/,
  );
});

test('one that a unit or golden test alone caught says that this does not count', () => {
  const found = { ...FIND, by: 'tests', judges: 'code' } as const;
  expect(row('odd', found, 7)).toMatch(/caught by a unit or golden test only/);
});

test('one that nothing caught', () => {
  expect(row('odd', null, 170)).toMatch(/^odd +170 s +NOT CAUGHT$/);
});
