import { expect, test } from 'vitest';
import { clip, padEnd, paint, plainText, wrap } from './ansi.ts';

test('a line is cut by what is seen, and its styles are closed', () => {
  const line = `${paint.red('abcdef')} ${paint.green('ghi')}`;
  expect(clip(line, 10)).toBe(line);
  expect(plainText(clip(line, 9))).toBe('abcdef g…');
  expect(plainText(clip(line, 4))).toBe('abc…');
  expect(clip(line, 4).lastIndexOf('\u001b[0m')).toBeGreaterThan(
    clip(line, 4).lastIndexOf('\u001b[32m'),
  );
});

test('a line is padded by what is seen', () => {
  expect(plainText(padEnd(paint.bold('ab'), 4))).toBe('ab  ');
});

test('text is broken at spaces', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
});
