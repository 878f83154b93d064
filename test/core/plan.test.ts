import { describe, expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import { DEFAULT_SPEC, FAST_SPEC, HOUR, SECOND } from '../support/core-world/fixtures.ts';
import { rotatedWorld } from '../support/core-world/states.ts';
import { START_MS, worldWith } from '../support/core-world/world.ts';
import { told } from './schedule/told.ts';

describe.each([
  { name: 'fast terms', spec: FAST_SPEC, forMs: 200 * SECOND, rotations: 6 },
  { name: 'defaults', spec: DEFAULT_SPEC, forMs: 2200 * HOUR, rotations: 3 },
])('a set with the $name', ({ spec, forMs, rotations }) => {
  test('rotates again and again, one key signing, nothing refused', () => {
    const world = worldWith(spec);
    world.runFor(forMs);
    const switches = world.written.filter(({ step }) => step.reason.code === 'Activate');
    expect(switches).toHaveLength(rotations);
    expect(world.refused).toEqual([]);
    expect(world.violations()).toEqual([]);
  });

  test('makes no write once converged, in any number of passes', () => {
    const world = worldWith(spec);
    world.runFor(forMs);
    const before = world.written.length;
    for (let pass = 0; pass < 100; pass += 1) world.runPass();
    expect(world.written).toHaveLength(before);
  });

  test('is Ready from the first served key on, through every rotation', () => {
    const world = worldWith(spec);
    world.runFor(spec.terms.publicationDelayMs + SECOND);
    const seen = new Set<string>();
    world.onWritten = () => {
      const ready = world.api.set?.status?.conditions?.find(({ type }) => type === 'Ready');
      seen.add(`${ready?.status} ${ready?.reason}`);
    };
    world.runFor(forMs);
    expect([...seen]).toEqual(['True Signing']);
  });

  test('never writes what changes nothing', () => {
    const world = worldWith(spec);
    world.runFor(forMs);
    expect(world.written.filter(({ outcome }) => outcome !== 'Applied')).toEqual([]);
  });
});

test('a plan says when to ask again, and what comes next', () => {
  const world = rotatedWorld();
  const seen = world.observe();
  const { step, nextAtMs, upcoming } = plan(seen, seen.reading.startedMs);
  expect(step).toBeNull();
  // The standby's gate, which the status shows.
  expect(nextAtMs).toBe(START_MS + 38 * SECOND);
  expect(upcoming.map(told)).toEqual([
    'Remove k1 44s: TokensExpire',
    'Activate k3 60s: RotationDue',
  ]);
});
