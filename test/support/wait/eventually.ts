import { setTimeout as pause } from 'node:timers/promises';

/** Real time that a condition is waited for, at most. */
const PATIENCE_MS = 10_000;

/** Waits until the condition holds; fails with its description when it never does. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`never came true: ${what}`);
    await pause(2);
  }
}
