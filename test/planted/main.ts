/**
 * `make planted`: every known bug is planted and hunted, one row each. `make planted PATCH=file`:
 * one bug of your own. Exits 0 only if each was caught, with 1 if one was missed, with 2 if
 * a patch does not fit the code.
 */
import { type Find, hunt } from './hunt.ts';
import { DoesNotApply, knownPatches, type Patch, readPatch } from './plant.ts';

const paths = process.argv.slice(2);
const patches = paths.length === 0 ? knownPatches() : paths.map(readPatch);
const say = (line: string) => process.stdout.write(`${line}\n`);

async function huntOne(patch: Patch): Promise<boolean> {
  const found = await hunt(patch, true);
  say(row(patch, found));
  return found !== null;
}

function row({ name }: Patch, found: Find | null): string {
  const title = name.padEnd(32);
  if (found === null) return `${title} NOT CAUGHT`;
  return `${title} ${found.promise.padEnd(12)} by the ${found.by} after ${found.after}: ${found.message}`;
}

try {
  let caught = 0;
  for (const patch of patches) caught += (await huntOne(patch)) ? 1 : 0;
  say(`{"suite":"planted","planted":${patches.length},"caught":${caught}}`);
  process.exitCode = caught === patches.length ? 0 : 1;
} catch (error) {
  if (!(error instanceof DoesNotApply)) throw error;
  say(error.message);
  process.exitCode = 2;
}
