import { expect, test } from 'vitest';
import { sourceFiles } from '../../boundaries/source-tree.ts';

/** How documents are read, and what is declared: nothing that decides. */
const READABLE = [
  'src/api/decode.ts',
  'src/core/formats/jwk.ts',
  'src/core/formats/names.ts',
  'src/core/formats/served-set.ts',
  'src/core/formats/spec.ts',
  'src/core/formats/status.ts',
];

test('the oracle knows only the outside: it shares no decision with the operator', () => {
  const oracle = sourceFiles().filter(({ path }) => {
    return path.startsWith('test/simulator/oracle/') && !path.endsWith('.test.ts');
  });
  expect(oracle.length).toBeGreaterThan(10);
  const shared = oracle.flatMap(({ imports }) => imports.filter((path) => path.startsWith('src/')));
  expect([...new Set(shared)].filter((path) => !READABLE.includes(path))).toEqual([]);
});
