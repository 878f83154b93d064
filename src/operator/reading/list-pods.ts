/** The pods of a namespace that read a set's signer Secret once, and keep what they have read. */
import type { SignerSpec } from '../../core/formats/spec.ts';
import type { ObservedPods, ReadOncePod } from '../../core/reading/model.ts';
import type { Answer, KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import { PODS } from '../../platform/kube/resources.ts';
import type { Log } from '../../platform/log/log.ts';
import { readOncePodOf } from './read-once-pod.ts';

/** Pods are large. */
const PODS_PAGE_SIZE = 250;
/** The maximum number of pods that are named one by one: those that started first. */
const PODS_MAX = 1000;
/** Pods that have ended are of no use, and there may be many. */
const RUNNING = 'status.phase!=Succeeded,status.phase!=Failed';

interface ListedPods {
  readonly pods: ObservedPods;
  readonly answers: readonly Pick<Answer, 'dateMs'>[];
}

export async function listReadOncePods(
  client: KubeClient,
  namespace: string,
  signer: SignerSpec,
  signal: AbortSignal,
): Promise<ListedPods> {
  const answer = await client.list(PODS, {
    namespace,
    fieldSelector: RUNNING,
    pageSize: PODS_PAGE_SIZE,
    signal,
    transform: (pod) => {
      const readOncePod = readOncePodOf(pod, signer);
      return readOncePod === null ? null : { metadata: { name: readOncePod.pod }, readOncePod };
    },
  });
  const readOnce = answer.items
    .map((item) => item['readOncePod'] as ReadOncePod)
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const more = Math.max(0, readOnce.length - PODS_MAX);
  const pods = { kind: 'Read', readOnce: readOnce.slice(0, PODS_MAX), more } as const;
  return { pods, answers: [answer] };
}

export function unreadPods(log: Log, namespace: string, error: unknown): ListedPods {
  const isForbidden = error instanceof KubeApiError && error.kind === 'forbidden';
  if (!isForbidden) log.warn({ namespace, err: error }, 'the pods could not be listed');
  return { pods: { kind: isForbidden ? 'Forbidden' : 'Failed' }, answers: [] };
}
