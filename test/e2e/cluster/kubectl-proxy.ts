import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KubectlSetup } from '../../cluster/control-plane/kubectl.ts';
import { startTethered } from '../../support/process/tethered-process.ts';
import { waitFor } from '../../support/wait/wait-for.ts';

export interface KubectlProxy {
  readonly socketPath: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const GRACE_MS = 2_000;

/**
 * The whole API on a socket, with whatever credentials a kubeconfig has: certificates, a token, a
 * program that makes one. So the tests need no client of their own for them. The socket lies in a
 * folder of this user's own: on a port it would be open to everybody on this machine.
 */
export async function startKubectlProxy(
  folder: string,
  { binary, kubeconfigPath }: KubectlSetup,
): Promise<KubectlProxy> {
  const socketPath = join(folder, 'api.sock');
  const proxy = await startTethered({
    command: binary,
    args: ['proxy', `--unix-socket=${socketPath}`],
    env: { ...process.env, KUBECONFIG: kubeconfigPath, KUBERC: 'off' },
    // It complains there of each request while the API server is away.
    logPath: join(folder, 'kubectl-proxy.log'),
  });
  const stop = () => proxy.stop(GRACE_MS);
  try {
    await waitFor(() => proxy.end() !== null || existsSync(socketPath), {
      timeoutMs: START_TIMEOUT_MS,
      describe: 'kubectl proxy to listen',
    });
    if (proxy.end() !== null) throw new Error(`kubectl proxy ended: ${proxy.logTail()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { socketPath, stop };
}
