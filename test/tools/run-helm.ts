import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface HelmSetup {
  readonly binary: string;
  readonly kubeconfigPath: string;
  /** What Helm keeps is kept there, so that the user's own settings neither count nor change. */
  readonly homeFolder: string;
}

const TIMEOUT_MS = 60_000;
const OUTPUT_MAX = 64 * 1024 * 1024;

/** What Helm prints to stdout. @throws Error with what it printed to stderr */
export function runHelm(
  { binary, kubeconfigPath, homeFolder }: HelmSetup,
  args: readonly string[],
  { cwd, timeoutMs = TIMEOUT_MS }: { readonly cwd?: string; readonly timeoutMs?: number } = {},
): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: homeFolder,
    HELM_CACHE_HOME: join(homeFolder, 'cache'),
    HELM_CONFIG_HOME: join(homeFolder, 'config'),
    HELM_DATA_HOME: join(homeFolder, 'data'),
    KUBECONFIG: kubeconfigPath,
  };
  const options = { env, cwd, timeout: timeoutMs, maxBuffer: OUTPUT_MAX };
  return new Promise((resolve, reject) => {
    execFile(binary, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`helm ${args.join(' ')} ended with ${error.code}:\n${stderr}`));
    });
  });
}
