/** Looks for a planted bug with several catchers, until one that judges the world has it. */
import type { Catcher, Find } from './catcher.ts';
import { type Patch, withPlanted } from './plant.ts';

/** Told of each catcher how far it is. */
export type Progress = (catcher: string, progress: string) => void;

/**
 * @param lines the lines look at the same time, the catchers of each one after the other
 * @returns what caught the bug, or null if nothing did. A find of one that only compares code is
 * returned if all that judge the world have missed the bug.
 */
export async function hunt(
  patch: Patch,
  lines: readonly (readonly Catcher[])[],
  progress: Progress = () => {},
): Promise<Find | null> {
  return await withPlanted(patch, (folder) => huntIn(folder, patch, lines, progress));
}

/** The same in a copy that is already there. */
export async function huntIn(
  folder: string,
  patch: Patch,
  lines: readonly (readonly Catcher[])[],
  progress: Progress,
): Promise<Find | null> {
  const stop = new AbortController();
  const finds: Find[] = [];
  const follow = async (line: readonly Catcher[]) => {
    for (const { name, look } of line) {
      if (stop.signal.aborted) return;
      const say = (text: string) => progress(name, text);
      const found = await look({ patch, folder, signal: stop.signal, say });
      if (found === null) continue;
      say(`caught it after ${found.after}`);
      finds.push(found);
      if (found.judges === 'world') stop.abort();
    }
  };
  // Ended as well if one of them fails, so that nothing runs on in a folder that is removed.
  const ended = await Promise.allSettled(
    lines.map((line) =>
      follow(line).catch((error: unknown) => {
        stop.abort();
        throw error;
      }),
    ),
  );
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return finds.find(({ judges }) => judges === 'world') ?? finds[0] ?? null;
}

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
