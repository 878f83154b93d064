import { fileURLToPath } from 'node:url';
import { type KubectlSetup, runKubectl } from '../cluster/control-plane/kubectl.ts';
import { waitFor } from '../support/wait-for.ts';

const FOLDER = fileURLToPath(new URL('../../crds', import.meta.url));
const NAME = 'signingkeysets.signingkeys.dev';
const ESTABLISHED_TIMEOUT_MS = 60_000;

/**
 * Makes the resource known to the cluster. @returns what takes it away again, with every set of
 * the cluster: it does so only where the resource was not there before
 */
export async function installCrds(setup: KubectlSetup): Promise<() => Promise<void>> {
  const kubectl = (...args: readonly string[]) => runKubectl(setup, args);
  const before = await kubectl('get', 'crd', NAME, '--ignore-not-found', '-o', 'name');
  await kubectl('apply', '--server-side', '--filename', FOLDER);
  // Right after the apply a CRD has no conditions at all, on which `kubectl wait` gives up.
  await waitFor(
    async () =>
      (await kubectl('wait', '--for=condition=Established', 'crd', NAME, '--timeout=5s')) !== '',
    { timeoutMs: ESTABLISHED_TIMEOUT_MS, describe: `${NAME} to be established` },
  );
  return async () => {
    if (before === '') await kubectl('delete', 'crd', NAME, '--ignore-not-found');
  };
}
