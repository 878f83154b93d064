import { expect, test } from 'vitest';
import { never, rejection } from '../kube/kube-fixture.ts';
import { VirtualClock } from './virtual-clock.ts';

test('sleepers wake in order, each at its time, also those that lie down meanwhile', async () => {
  const clock = new VirtualClock(5000, 0);
  const woke: string[] = [];
  const sleep = async (name: string, atMs: number) => {
    await clock.sleepUntil(atMs, never());
    woke.push(`${name} ${clock.monotonicMs()} ${clock.wallMs()}`);
  };
  const all = [sleep('late', 300), sleep('early', 100).then(() => sleep('again', 200))];
  expect(clock.nextWakeMs).toBe(100);
  await clock.advance(250);
  expect(woke).toEqual(['early 100 5100', 'again 200 5200']);
  expect(clock.monotonicMs()).toBe(250);
  expect(await clock.advanceToNext()).toBe(50);
  await Promise.all(all);
  expect(woke[2]).toBe('late 300 5300');
  expect(clock.sleeping).toBe(0);
});

test('an abort ends a sleep, and a jump of the wall clock does not', async () => {
  const clock = new VirtualClock(5000, 0);
  const stop = new AbortController();
  const asleep = rejection(clock.sleepUntil(10, stop.signal));
  clock.setWall(9_000_000);
  expect(clock.sleeping).toBe(1);
  stop.abort('enough');
  expect(await asleep).toBe('enough');
  expect(clock.nextWakeMs).toBeNull();
});
