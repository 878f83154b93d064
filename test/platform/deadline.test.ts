import { expect, test } from 'vitest';
import { abortable, DeadlineExceeded, withDeadline } from '../../src/platform/deadline.ts';
import { VirtualClock } from '../support/clock/virtual-clock.ts';
import { never, rejection } from '../support/kube/kube-fixture.ts';

/** Work that ends only when its signal aborts. */
const forever = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test('the deadline ends the work', async () => {
  const clock = new VirtualClock();
  const error = rejection(withDeadline(clock, clock.monotonicMs() + 100, never(), forever));
  await clock.advance(99);
  expect(clock.sleeping).toBe(1);
  await clock.advance(1);
  expect(await error).toBeInstanceOf(DeadlineExceeded);
});

test('the caller ends the work with its own reason', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const error = rejection(withDeadline(clock, clock.monotonicMs() + 100, stop.signal, forever));
  stop.abort('enough');
  expect(await error).toBe('enough');
  expect(clock.sleeping).toBe(0);
  expect(await rejection(withDeadline(clock, 0, stop.signal, forever))).toBe('enough');
});

test('work that is done leaves no timer', async () => {
  const clock = new VirtualClock();
  const atMs = clock.monotonicMs() + 100;
  expect(await withDeadline(clock, atMs, never(), async () => 'done')).toBe('done');
  expect(clock.sleeping).toBe(0);
});

test('abortable settles with the promise or the abort, whichever comes first', async () => {
  const stop = new AbortController();
  expect(await abortable(Promise.resolve(1), stop.signal)).toBe(1);
  expect(await rejection(abortable(Promise.reject('no'), stop.signal))).toBe('no');
  const waiting = rejection(abortable(new Promise(() => {}), stop.signal));
  stop.abort('enough');
  expect(await waiting).toBe('enough');
  expect(await rejection(abortable(Promise.reject('late'), stop.signal))).toBe('enough');
});
