import { TestRunner } from 'vitest';

/** What a suite measured, beside how many tests passed. */
export type Figure = number | string;

declare module 'vitest' {
  interface TaskMeta {
    figures?: Record<string, Figure>;
  }
}

/**
 * Puts a figure of the running test into the line of JSON that ends its suite. The name carries
 * the unit (`apiServerReadyMs`) and is the suite's own: a name that two tests use becomes a list.
 */
export function recordFigure(name: string, value: Figure): void {
  const test = TestRunner.getCurrentTest();
  if (test === undefined) throw new Error(`the figure "${name}" was recorded outside a test`);
  test.meta.figures = { ...test.meta.figures, [name]: value };
}
