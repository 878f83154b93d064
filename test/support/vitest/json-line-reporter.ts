import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';
import type { Figure } from './record-figure.ts';

/** The figures of one suite, as they are printed. */
export interface SuiteSummary {
  readonly suite: string;
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Files that could not be run and errors outside any test. */
  readonly errors: number;
  /** From the start of the run until its end. */
  readonly durationMs: number;
  /** What `recordFigure` was given, if anything. */
  readonly figures?: Readonly<Record<string, Figure | readonly Figure[]>>;
}

/**
 * Ends each suite in one line of JSON for machines. It comes after the reporter for people, so
 * that its line is the last one.
 */
export default class JsonLineReporter implements Reporter {
  #startMs = 0;

  onTestRunStart(): void {
    this.#startMs = performance.now();
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    _reason: TestRunEndReason,
  ): void {
    const durationMs = Math.round(performance.now() - this.#startMs);
    const suites = Map.groupBy(modules, (module) => module.project.name);
    for (const [suite, ofSuite] of suites) {
      const summary = summarise(suite, ofSuite, unhandled.length, durationMs);
      process.stdout.write(`${JSON.stringify(summary)}\n`);
    }
  }
}

function summarise(
  suite: string,
  modules: readonly TestModule[],
  unhandled: number,
  durationMs: number,
): SuiteSummary {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const count = (state: string) => tests.filter((test) => test.result().state === state).length;
  const figures = {
    ...merge(tests.map((test) => test.meta().figures ?? {})),
    ...sum(tests.map((test) => test.meta().totals ?? {})),
  };
  return {
    suite,
    tests: tests.length,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    errors: unhandled + modules.reduce((sum, module) => sum + module.errors().length, 0),
    durationMs,
    ...(Object.keys(figures).length === 0 ? {} : { figures }),
  };
}

function merge(
  recorded: readonly Readonly<Record<string, Figure>>[],
): Record<string, Figure | readonly Figure[]> {
  const merged: Record<string, Figure | readonly Figure[]> = {};
  for (const [name, value] of recorded.flatMap((figures) => Object.entries(figures))) {
    const before = merged[name];
    merged[name] = before === undefined ? value : [before, value].flat();
  }
  return merged;
}

function sum(recorded: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, value] of recorded.flatMap((totals) => Object.entries(totals))) {
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}
