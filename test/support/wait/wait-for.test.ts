import { expect, test } from 'vitest';
import { waitFor } from './wait-for.ts';

const options = { timeoutMs: 60, intervalMs: 1, describe: 'the answer' };

test.each([
  ['undefined', [undefined, undefined, 7], 7],
  ['null', [null, 0], 0],
  ['false', [false, ''], ''],
])('looks again while the answer is %s', async (_, answers: unknown[], found) => {
  const left = [...answers];
  expect(await waitFor(() => left.shift(), { ...options, timeoutMs: 5_000 })).toBe(found);
});

test('looks again after a throw', async () => {
  let looks = 0;
  const condition = () => {
    looks += 1;
    if (looks < 3) throw new Error('not there');
    return looks;
  };
  expect(await waitFor(condition, { ...options, timeoutMs: 5_000 })).toBe(3);
});

test('a vain wait says for what, and what the last look saw', async () => {
  await expect(waitFor(() => null, options)).rejects.toThrow(
    'waited 60 ms in vain for the answer; the last look saw null',
  );
});

test('a vain wait keeps the last throw as its cause', async () => {
  const cause = new Error('not there');
  const failing = () => Promise.reject(cause);
  await expect(waitFor(failing, options)).rejects.toMatchObject({
    message: 'waited 60 ms in vain for the answer; the last look failed: not there',
    cause,
  });
});

test('a look that hangs does not hold up the deadline', async () => {
  await expect(waitFor(() => new Promise<never>(() => undefined), options)).rejects.toThrow(
    'waited 60 ms in vain',
  );
});
