import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface KubectlProxy {
  readonly url: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/**
 * The whole API on a loopback port, with whatever credentials a kubeconfig has: certificates, a
 * token, a program that makes one. So the tests need no client of their own for them.
 */
export async function startKubectlProxy(
  kubectlPath: string,
  kubeconfigPath: string,
): Promise<KubectlProxy> {
  const child = spawn(kubectlPath, ['proxy', '--port=0'], {
    env: { ...process.env, KUBECONFIG: kubeconfigPath, KUBERC: 'off' },
    // It ends when its last reader does: a test that is killed leaves none behind.
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await firstUrl(child).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error('kubectl proxy did not say where it listens', { cause: error });
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { url, stop };
}

async function firstUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('kubectl proxy has no output');
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  for await (const line of createInterface({ input: child.stdout, signal })) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return `http://127.0.0.1:${port}`;
  }
  throw new Error('it ended, or did not begin in time');
}
