/** Explorations of the shipped core, one after the other, and their figures. */

import { type Bounds, boundsText } from './bounds.ts';
import type { Rule } from './judge/judge.ts';
import { specFor } from './model/spec.ts';
import { type State, startState } from './model/state.ts';
import { type Core, LedgerReader } from './model/world.ts';
import { pathText, toldPath } from './search/paths.ts';
import { type Figures, type Limits, type Progress, Search } from './search/search.ts';

export interface Options extends Partial<Limits> {
  readonly core: Core;
  readonly tell?: (progress: Progress) => void;
}

export interface Report {
  readonly figures: Figures & { readonly ms: number };
  /** For each kind of violation a shortest path, to read and to replay. */
  readonly findings: readonly string[];
}

export function explore(of: Bounds, options: Options): Report {
  const { core, tell, ...limits } = options;
  const start = startOf(of, core);
  const startedMs = performance.now();
  const { figures, found } = new Search({ ...UNLIMITED, ...limits }).run(start, tell);
  const ms = Math.round(performance.now() - startedMs);
  const findings = found.map(({ violation: { rule, text }, path }) => {
    const replay = `make explore EXPLORE='${boundsText(of)}' EXPLORE_PATH='${pathText(path)}'`;
    return [`${rule}: ${text}`, replay, ...toldPath(start, path)].join('\n');
  });
  return { figures: { ...figures, ms }, findings };
}

const UNLIMITED: Limits = {
  depthMax: Number.POSITIVE_INFINITY,
  statesMax: Number.POSITIVE_INFINITY,
  deadlineMs: Number.POSITIVE_INFINITY,
};

export function startOf({ deletionPolicy, ...left }: Bounds, core: Core): State {
  return startState({ core, reader: new LedgerReader() }, specFor(deletionPolicy), left);
}

export function sumOf(all: readonly Figures[]): Figures {
  return all.reduce((sum, each) => ({
    states: sum.states + each.states,
    transitions: sum.transitions + each.transitions,
    depth: Math.max(sum.depth, each.depth),
    atRest: sum.atRest + each.atRest,
    open: sum.open + each.open,
    violations: addedCounts(sum.violations, each.violations),
  }));
}

type Counts = Figures['violations'];

function addedCounts(a: Counts, b: Counts): Counts {
  const rules = [...new Set([...Object.keys(a), ...Object.keys(b)])] as Rule[];
  return Object.fromEntries(rules.map((rule) => [rule, (a[rule] ?? 0) + (b[rule] ?? 0)]));
}
