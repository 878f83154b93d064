import { spawn } from 'node:child_process';

export interface KubectlSetup {
  readonly binary: string;
  readonly kubeconfigPath: string;
  /** Where kubectl keeps what it learned of the API, so that the user's own cache stays as it is. */
  readonly cacheFolder: string;
}

/** kubectl ended with another exit code than 0. The message has what it printed to stderr. */
export class KubectlError extends Error {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number | null, stdout: string, stderr: string) {
    super(`kubectl ${args.join(' ')} ended with ${exitCode}: ${stderr.trim()}`);
    this.name = 'KubectlError';
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

const TIMEOUT_MS = 120_000;

/** Runs kubectl and returns what it printed to stdout. Throws a `KubectlError` when it fails. */
export function runKubectl(
  setup: KubectlSetup,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(setup.binary, args, {
      env: {
        ...process.env,
        KUBECONFIG: setup.kubeconfigPath,
        KUBECACHEDIR: setup.cacheFolder,
        // A user's own aliases and default flags must not change what a test does.
        KUBERC: 'off',
      },
      timeout: TIMEOUT_MS,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const printed = Buffer.concat(stdout).toString('utf8');
      if (code === 0) resolve(printed);
      else reject(new KubectlError(args, code, printed, Buffer.concat(stderr).toString('utf8')));
    });
    // kubectl may end without having read its input; its exit code then tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
  });
}
