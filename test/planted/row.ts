import type { Find } from './catcher.ts';

/** One line for people: what caught the bug. */
export function row(name: string, found: Find | null, seconds: number): string {
  const title = `${name.padEnd(32)} ${`${seconds} s`.padStart(5)} `;
  if (found === null) return `${title} NOT CAUGHT`;
  const { by, after, promise, message } = found;
  if (found.judges === 'code') {
    return `${title} caught by a unit or golden test only, by no check on the world: ${after}: ${message}`;
  }
  return `${title} ${promise} by the ${by} after ${after}: ${message}`;
}
