import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { ensurePython } from './python.ts';

const nobodyListens = () => {};

test('a Python that is named has to have the packages', async () => {
  const env = { PYJWT_PYTHON: process.execPath };
  const said = `PYJWT_PYTHON is ${process.execPath}, which does not have PyJWT and cryptography: `;
  await expect(ensurePython(nobodyListens, env)).rejects.toThrow(said);
});

test('one that has them is taken as it is', async () => {
  const python = join(temporaryFolder(), 'python');
  writeFileSync(python, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  expect(await ensurePython(nobodyListens, { PYJWT_PYTHON: python })).toBe(python);
});

test('what was installed once is not installed again', async () => {
  const first = await ensurePython(nobodyListens);
  const lines: string[] = [];
  expect(await ensurePython((line) => lines.push(line))).toBe(first);
  expect(lines).toEqual([]);
});
