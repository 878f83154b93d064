import { expect, test } from 'vitest';
import { openFilesMax, parseOpenFilesMax } from '../../../src/platform/files/open-files.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            256                  1048576              files     
Max locked memory         8388608              8388608              bytes     
`;

test.each<[string, string, number | null]>([
  ['the soft limit', LIMITS, 256],
  ['no limit', LIMITS.replace(/256 {5}/, 'unlimited'), null],
  ['no such line', '', null],
])('%s', (_, limits, expected) => {
  expect(parseOpenFilesMax(limits)).toBe(expected);
});

test.runIf(process.platform === 'linux')('this process has some', async () => {
  const max = await openFilesMax();
  expect(max === null || max > 0).toBe(true);
});
