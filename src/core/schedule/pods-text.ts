/** In words: which pods are too old, or why that is not known. */
import type { ReadOncePod } from '../reading/model.ts';
import type { OldPods } from '../reading/old-pods.ts';

export const UNKNOWN_BECAUSE: Readonly<
  Record<Extract<OldPods, { kind: 'Unknown' }>['why'], string>
> = {
  NotRead: 'the operator has not listed the pods of the namespace yet',
  NotChecked: 'the operator runs with --check-issuers=false and lists no pods',
  Forbidden: 'the operator may not list the pods of the namespace',
  Failed: 'the operator could not list the pods of the namespace',
};

/** The maximum number of pods that a text names. */
const PODS_NAMED_MAX = 5;

/** Such as `Pod a (env, Deployment api) and Pod b (subPath)`: names in order, and how many more. */
export function podsText({ pods, more }: Extract<OldPods, { kind: 'TooOld' }>): string {
  const sorted = [...pods].sort((a, b) => (a.pod < b.pod ? -1 : 1));
  const named = sorted.slice(0, PODS_NAMED_MAX).map(podText);
  const rest = sorted.length - named.length + more;
  if (rest > 0) return `${named.join(', ')} and ${rest} more`;
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

const READS_BY_TEXT: Readonly<Record<ReadOncePod['readsBy'], string>> = {
  Env: 'env',
  SubPath: 'subPath',
  InitContainer: 'init container',
  Volume: 'volume',
};

function podText({ pod, readsBy, workload }: ReadOncePod): string {
  const of = workload === null ? '' : `, ${workload.kind} ${workload.name}`;
  return `Pod ${pod} (${READS_BY_TEXT[readsBy]}${of})`;
}
