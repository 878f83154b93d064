import { withFileLock } from './file-lock.ts';

// A process that a test kills while it holds the lock.
await withFileLock(process.argv[2] ?? '', async () => {
  process.stdout.write('held\n');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
