import { startTethered } from './tethered-process.ts';

// A parent that a test kills: it starts one program that never ends, and says which.
const [logPath = '', folder = ''] = process.argv.slice(2);
const child = await startTethered({
  command: 'sleep',
  args: ['600'],
  logPath,
  removeOnDeath: folder,
});
process.stdout.write(`${child.pid}\n`);
