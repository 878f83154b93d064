/**
 * `make planted`: every known bug is planted and hunted, one row each. `make planted PATCH=file`:
 * one bug of your own. Exits 0 only if a check on the world caught each, with 1 if one was missed,
 * with 2 if a patch does not fit the code.
 */
import { LINES, LONGEST_MINUTES } from './catchers.ts';
import { hunt, row } from './hunt.ts';
import { DoesNotApply, knownPatches, type Patch, readPatch } from './plant.ts';

const PROGRESS_EVERY_MS = 10_000;

const paths = process.argv.slice(2);
const patches = paths.length === 0 ? knownPatches() : paths.map(readPatch);
const say = (line: string) => process.stdout.write(`${line}\n`);
/** Beside the rows, so that a program that reads them is not disturbed. */
const tell = (line: string) => process.stderr.write(`${line}\n`);

/** @returns whether a check on the world caught it. */
async function huntOne(patch: Patch): Promise<boolean> {
  const startMs = performance.now();
  const seconds = () => Math.round((performance.now() - startMs) / 1000);
  const progress = new Map<string, string>();
  const timer = setInterval(() => {
    const all = [...progress].map(([catcher, text]) => `${catcher}: ${text}`);
    tell(`  ${seconds()} s  ${all.join('; ')}`);
  }, PROGRESS_EVERY_MS);
  try {
    const found = await hunt(patch, LINES, (catcher, text) => progress.set(catcher, text));
    say(row(patch.name, found, seconds()));
    return found?.judges === 'world';
  } finally {
    clearInterval(timer);
  }
}

try {
  tell(
    `${patches.length} to hunt. One that nothing catches takes up to ${LONGEST_MINUTES} minutes on two cores.`,
  );
  let caught = 0;
  for (const patch of patches) caught += (await huntOne(patch)) ? 1 : 0;
  say(`{"suite":"planted","planted":${patches.length},"caught":${caught}}`);
  process.exitCode = caught === patches.length ? 0 : 1;
} catch (error) {
  if (!(error instanceof DoesNotApply)) throw error;
  say(error.message);
  process.exitCode = 2;
}
