/** Waiting for pods, and asking them. */
import { waitFor } from '../../support/wait/wait-for.ts';
import { kubectl, read, request } from '../cluster/cluster.ts';

const READY_TIMEOUT_MS = 180_000;

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    /** Sidecars are among them. */
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
}

/** The pods of an app of the tests' own. */
export function podsOf(namespace: string, app: string): Promise<readonly Pod[]> {
  return podsBy(namespace, `app=${app}`);
}

export async function podsBy(namespace: string, selector: string): Promise<readonly Pod[]> {
  const query = new URLSearchParams({ labelSelector: selector });
  const path = `/api/v1/namespaces/${namespace}/pods?${query}`;
  return (await read<{ items: Pod[] }>(path))?.items ?? [];
}

/** Waits until this number of pods of an app are Ready, and it has no others. */
export function readyPods(
  namespace: string,
  app: string,
  count = 1,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<readonly Pod[]> {
  return readyPodsBy(namespace, `app=${app}`, count, timeoutMs);
}

export function readyPodsBy(
  namespace: string,
  selector: string,
  count: number,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<readonly Pod[]> {
  return waitFor(
    async () => {
      const pods = await podsBy(namespace, selector);
      return pods.length === count && pods.every(isReady) && pods;
    },
    { timeoutMs, intervalMs: 250, describe: `${count} pods of ${selector} to be Ready` },
  );
}

function isReady({ status }: Pod): boolean {
  return (status.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
}

/** What a pod answers to a GET, fetched through the API server. */
export async function askPod<T>(
  namespace: string,
  name: string,
  port: number,
  path: string,
): Promise<T> {
  const proxied = `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy${path}`;
  const { status, body } = await request({ path: proxied });
  if (status !== 200) throw new Error(`${name}${path} answered ${status}: ${String(body)}`);
  return body as T;
}

/** Runs a program in a running container. */
export function execIn(
  namespace: string,
  name: string,
  command: readonly string[],
): Promise<string> {
  return kubectl(['exec', `--namespace=${namespace}`, name, '--', ...command]);
}

export function logsOf(namespace: string, name: string): Promise<string> {
  return kubectl(['logs', `--namespace=${namespace}`, name, '--all-containers']);
}
