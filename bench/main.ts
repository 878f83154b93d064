/** `make bench`: the suites one after another; `npm run bench -- start` runs one of them. */
import { benchHostile } from './hostile.ts';
import { benchJwksServer } from './jwks-server.ts';
import { report, type Suite } from './report.ts';
import { benchSets } from './sets.ts';
import { benchStart } from './start.ts';

const SUITES: Readonly<Record<string, Suite>> = {
  start: benchStart,
  sets: benchSets,
  'jwks-server': benchJwksServer,
  hostile: benchHostile,
};

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(names: readonly string[]): Promise<number> {
  const known = Object.keys(SUITES);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    say(`there is no suite ${unknown.join(', ')}; the suites are: ${known.join(', ')}`);
    return 2;
  }
  let failed = 0;
  for (const [name, suite] of Object.entries(SUITES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    say(`bench: ${name}`);
    try {
      report(name, await suite(say));
    } catch (error) {
      failed++;
      say(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
