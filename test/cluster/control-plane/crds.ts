import { waitFor } from '../../support/wait/wait-for.ts';

/** kubectl with its arguments; throws when it fails. */
export type Kubectl = (args: readonly string[]) => Promise<string>;

const TIMEOUT_MS = 60_000;

/**
 * Applies the CRDs in a file or folder and resolves once the API server serves them all.
 *
 * `kubectl wait` alone does not do: it waits for a condition that is not there, but gives up on a
 * CRD whose list of conditions is still null, as it is right after the apply
 * (kubernetes/kubernetes#66439).
 */
export async function applyCrds(kubectl: Kubectl, path: string): Promise<void> {
  await kubectl(['apply', '--server-side', '--filename', path]);
  await crdsServed(kubectl, ['--filename', path]);
}

/** @param which arguments of kubectl that name the CRDs, `--filename crds` or `crd NAME` */
export async function crdsServed(kubectl: Kubectl, which: readonly string[]): Promise<void> {
  const wait = ['wait', '--for=condition=Established', '--timeout=5s', ...which];
  await inTime(`the CRDs of ${which.join(' ')} to be established`, () => kubectl(wait));
  // Established says that it may be served; it is when a list of its objects is answered.
  const names = await kubectl(['get', ...which, '--output=name']);
  for (const name of names.trim().split('\n')) {
    const resource = name.slice(name.indexOf('/') + 1);
    const list = ['get', resource, '--all-namespaces', '--output=name'];
    await inTime(`${resource} to be served`, () => kubectl(list));
  }
}

async function inTime(describe: string, look: () => Promise<string>): Promise<void> {
  const answers = async () => {
    await look();
    return true;
  };
  await waitFor(answers, { timeoutMs: TIMEOUT_MS, describe });
}
