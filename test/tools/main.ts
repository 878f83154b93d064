/** `npm run helm -- …`, `npm run actionlint`: a tool of the tests with these words. */
import { spawnSync } from 'node:child_process';
import { ensureTool } from './go-tool.ts';

const [name, ...args] = process.argv.slice(2);
if (name !== 'helm' && name !== 'actionlint') {
  process.stderr.write(`there is no tool '${name ?? ''}'; write helm or actionlint\n`);
  process.exitCode = 2;
} else {
  const tool = await ensureTool(name, (line) => void process.stderr.write(`${line}\n`));
  process.exitCode = spawnSync(tool, args, { stdio: 'inherit' }).status ?? 1;
}
