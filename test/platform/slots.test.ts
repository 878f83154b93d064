import { expect, test } from 'vitest';
import { Slots } from '../../src/platform/slots.ts';
import { never, rejection } from '../support/kube/kube-fixture.ts';

/** Takes a slot as soon as one is free, and records it. */
async function takeAs(slots: Slots, name: string, taken: string[], signal = never()) {
  const giveBack = await slots.take(signal);
  taken.push(name);
  return giveBack;
}

test('beyond the maximum, takers wait in order', async () => {
  const slots = new Slots(2);
  const taken: string[] = [];
  const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map((name) =>
    takeAs(slots, name, taken),
  );
  const giveBack = await first;
  await second;
  expect(taken).toEqual(['a', 'b']);
  giveBack?.();
  giveBack?.(); // Not a second time.
  // The slot is promised: a newcomer waits behind the others.
  const late = takeAs(slots, 'late', taken);
  (await third)?.();
  (await fourth)?.();
  await late;
  expect(taken).toEqual(['a', 'b', 'c', 'd', 'late']);
});

test('a taker that is aborted while waiting leaves no gap', async () => {
  const slots = new Slots(1);
  const taken: string[] = [];
  const giveBack = await takeAs(slots, 'a', taken);
  const stop = new AbortController();
  const gone = rejection(takeAs(slots, 'gone', taken, stop.signal));
  const next = takeAs(slots, 'b', taken);
  const reason = new Error('enough');
  stop.abort(reason);
  expect(await gone).toBe(reason);
  giveBack();
  (await next)();
  expect(await rejection(slots.take(stop.signal))).toBe(reason);
  await takeAs(slots, 'c', taken);
  expect(taken).toEqual(['a', 'b', 'c']);
});

test('without a maximum no taker waits', async () => {
  const slots = new Slots(Number.POSITIVE_INFINITY);
  const taken: string[] = [];
  await Promise.all(Array.from({ length: 100 }, (_, i) => takeAs(slots, `${i}`, taken)));
  expect(taken.length).toBe(100);
});
