import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is kept of tests that failed. Not in Git. */
export const FAILURES = fileURLToPath(new URL('../../../e2e-failures', import.meta.url));

/** What an earlier run has left must not be taken for this one's. */
export function forgetFailures(): void {
  rmSync(FAILURES, { recursive: true, force: true });
}

/** Keeps the logs of the node's own programs next to what a failed test left, if one did. */
export function keepNodeLogs(nodeFolder: string): void {
  if (!existsSync(FAILURES)) return;
  const folder = join(FAILURES, 'node');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(nodeFolder).filter((file) => file.endsWith('.log'))) {
    cpSync(join(nodeFolder, name), join(folder, name));
  }
}
