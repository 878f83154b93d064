import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { waitFor } from '../../support/wait/wait-for.ts';
import { OPERATOR_NAMESPACE } from '../install/operator-install.ts';
import { apply, read, request } from './cluster.ts';
import { keepNamespace } from './evidence.ts';

/** Another test takes the API server away for a minute, and restarts the kubelet, meanwhile. */
const GONE_TIMEOUT_MS = 300_000;
/** That of the API server, and then of the controllers. */
const ACCOUNT_TIMEOUT_MS = 180_000;
/** To look at what is left, and to remove it. */
const HOOK_TIMEOUT_MS = 420_000;

/**
 * Makes a namespace with a name of its own, in which only pods of the level `restricted` may be.
 * It is removed with all that is in it when the test ends; of a test that failed, what was in it
 * is kept in a folder.
 */
export async function createNamespace(prefix: string): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  atEnd([name], () => removeNamespace(name));
  // Without it no pod is let in, and admission waits for it for a second at most.
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await waitFor(() => read(account), {
    timeoutMs: ACCOUNT_TIMEOUT_MS,
    intervalMs: 100,
    describe: `the service account of ${name}`,
  });
  return name;
}

/**
 * Cleans up when the test ends. Of a test that failed, what is in its namespaces and in the
 * operator's is kept in a folder first.
 */
export function atEnd(namespaces: readonly string[], cleanUp: () => Promise<void>): void {
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') {
      for (const name of [...namespaces, OPERATOR_NAMESPACE]) await keepNamespace(task.name, name);
    }
    await cleanUp();
  }, HOOK_TIMEOUT_MS);
}

async function removeNamespace(name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  const isGone = async () => {
    const { status, body } = await request({ path });
    if (status === 404) return true;
    if (!isOnItsWay(body)) await request({ method: 'DELETE', path });
    throw new Error(whatIsLeft(body));
  };
  await waitFor(isGone, {
    timeoutMs: GONE_TIMEOUT_MS,
    intervalMs: 500,
    describe: `the namespace ${name} to be gone`,
  });
}

function isOnItsWay(namespace: unknown): boolean {
  const { metadata } = namespace as { metadata?: { deletionTimestamp?: string } };
  return metadata?.deletionTimestamp !== undefined;
}

/** As the namespace controller says it, once it has tried. */
function whatIsLeft(namespace: unknown): string {
  const { status } = namespace as {
    status?: { phase?: string; conditions?: { message?: string }[] };
  };
  const messages = (status?.conditions ?? []).map(({ message = '' }) => message);
  return `it is ${status?.phase ?? 'there'}: ${messages.join('; ')}`;
}
