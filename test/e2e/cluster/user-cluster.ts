import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ensureBinaries } from '../../cluster/control-plane/binaries.ts';

const run = promisify(execFile);

/** The user's own kubectl, which fits the user's cluster; else the project's. */
export async function findKubectl(onProgress: (line: string) => void): Promise<string> {
  try {
    await run('kubectl', ['version', '--client']);
    return 'kubectl';
  } catch {
    return (await ensureBinaries(onProgress)).kubectl;
  }
}
