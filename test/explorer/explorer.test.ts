/** The bounds that each change is tried with, and whether the judge would notice. */
import { describe, expect, test } from 'vitest';
import { admit } from '../../src/core/guard/guard.ts';
import { plan } from '../../src/core/plan.ts';
import type { Observed } from '../../src/core/reading/model.ts';
import { bounds, boundsText, parseBounds, QUICK_BOUNDS, WHOLE_BOUNDS } from './bounds.ts';
import { explore, startOf } from './explore.ts';
import { TERMS } from './model/spec.ts';
import type { Core } from './model/world.ts';
import { parsePath, pathText, toldPath } from './search/paths.ts';

const CORE: Core = { plan, admit };
/** The slowest bound takes about 20 s by itself. */
const TIMEOUT_MS = 180_000;

describe('the shipped core', () => {
  test.each(QUICK_BOUNDS.map((of) => ({ of, name: boundsText(of) })))(
    'breaks nothing with $name',
    ({ of }) => {
      const { figures, findings } = explore(of, { core: CORE });
      expect(findings).toEqual([]);
      expect(figures.open).toBe(0);
      expect(figures.atRest).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

/** A core to whom it seems later than it is, so that each gate opens too early. */
function hasty(byMs: number): Core {
  const sooner = (atMs: number | null) => (atMs === null ? null : atMs - byMs);
  return {
    plan: (observed, nowMs) => {
      const planned = plan(observed, nowMs + byMs);
      const { nextAtMs, rotationDueMs } = planned;
      return { ...planned, nextAtMs: sooner(nextAtMs), rotationDueMs: sooner(rotationDueMs) };
    },
    admit: (step, live, nowMs) => admit(step, live, nowMs + byMs),
  };
}

/** A core that takes each of its readings for what it was told first. */
function seeing(change: (observed: Observed) => Observed): Core {
  return {
    plan: (observed, nowMs) => plan(change(observed), nowMs),
    admit: (step, live, nowMs) => admit(step, change(live), nowMs),
  };
}

const ROTATION = bounds({ rotations: 1 });

describe('a planted bug is found', () => {
  test.each<[string, Core, Partial<typeof ROTATION>, string]>([
    ['gates open by C too early', hasty(TERMS.verifierCacheTtlMs), {}, 'P1 known'],
    ['gates open by T too early', hasty(TERMS.tokenTtlMs), {}, 'P1 kept'],
    [
      'the copies of the ledger are not looked at',
      seeing((observed) => ({
        ...observed,
        ledgers: { ...observed.ledgers, status: observed.ledgers.signer, jwks: null },
      })),
      { hands: 1 },
      'Rest',
    ],
    [
      'no step is ever judged again',
      { plan, admit: () => null },
      { hands: 1, races: 1, rotations: 0 },
      'P1 known',
    ],
  ])(
    'if %s',
    (_, core, some, rule) => {
      const { findings } = explore({ ...ROTATION, ...some }, { core, statesMax: 20_000 });
      expect(findings.map((finding) => finding.split(':')[0])).toContain(rule);
    },
    TIMEOUT_MS,
  );
});

test('bounds and paths are read as they are written', () => {
  for (const of of WHOLE_BOUNDS) expect(parseBounds(boundsText(of))).toEqual(of);
  const path = ['user create', 'pass', 'pass', 'wait', 'hands restore signer 1'];
  expect(pathText(path)).toBe('user create, pass*2, wait, hands restore signer 1');
  expect(parsePath(pathText(path))).toEqual(path);
  expect(() => parseBounds('hands')).toThrow("'hands' is no bound");
});

test('a path is printed step by step', () => {
  const told = toldPath(startOf(bounds({}), CORE), parsePath('user create, pass*5'));
  expect(told.join('\n')).toContain('ledger 1: k1 Active | serves k1 | Secrets #1');
});
