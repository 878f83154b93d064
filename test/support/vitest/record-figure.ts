import { TestRunner } from 'vitest';

/** What a suite measured, in addition to how many tests passed. */
export type Figure = number | string;

declare module 'vitest' {
  interface TaskMeta {
    figures?: Record<string, Figure>;
    totals?: Record<string, number>;
  }
}

/**
 * Puts a figure of the running test into the line of JSON that ends its suite. The name carries
 * the unit (`apiServerReadyMs`) and is the suite's own: a name that two tests use becomes a list.
 */
export function recordFigure(name: string, value: Figure): void {
  const { meta } = currentTest(name);
  meta.figures = { ...meta.figures, [name]: value };
}

/** The same for a figure that many tests have a part of: the line shows the sum. */
export function recordTotal(name: string, value: number): void {
  const { meta } = currentTest(name);
  meta.totals = { ...meta.totals, [name]: value };
}

function currentTest(name: string) {
  const test = TestRunner.getCurrentTest();
  if (test === undefined) throw new Error(`the figure "${name}" was recorded outside a test`);
  return test;
}
