/**
 * The part of a reading that looks at issuers: the pods of the namespace, and the workloads that may
 * have to be restarted. Only where a key depends on it; and never does it hold up what does not: what
 * can't be read is unknown, and the pass goes on.
 */

import type { Spec, Workload } from '../../core/formats/spec.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { writeDeadlineMs } from '../../core/ledger/terms.ts';
import type { ObservedPods, ObservedWorkload, ReadOncePod } from '../../core/reading/model.ts';
import { needsPods } from '../../core/reading/old-pods.ts';
import type { Clock } from '../../platform/clock.ts';
import { withDeadline } from '../../platform/deadline.ts';
import type { Answer, KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import type { ListAnswer } from '../../platform/kube/list.ts';
import { PODS } from '../../platform/kube/resources.ts';
import type { Log } from '../../platform/log/log.ts';
import { holderOf } from './pod-holder.ts';
import type { SetName } from './set-name.ts';
import { foundWorkload, WORKLOADS } from './workloads.ts';

/**
 * A list of pods that takes longer than this share of a write's deadline is given up. A step may be
 * judged by two readings, and what hangs must not keep it from being written.
 */
const DEADLINE_SHARE = 1 / 4;
/** Pods are large. */
const PODS_PAGE_SIZE = 250;
/** So many are told one by one, those that started first. */
export const PODS_MAX = 1000;

/** Those that have ended are of no use, and there may be many. */
const RUNNING = 'status.phase!=Succeeded,status.phase!=Failed';

export interface HoldersReader {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** False: the operator was told not to look at pods. */
  readonly checkIssuers: boolean;
}

export interface Issuers {
  readonly pods: ObservedPods;
  readonly workloads: readonly ObservedWorkload[];
  readonly answers: readonly Pick<Answer, 'dateMs'>[];
}

const NOTHING: Issuers = { pods: { kind: 'NotRead' }, workloads: [], answers: [] };

/** @param ledger null where none can be read: then nothing depends on pods. */
export async function readIssuers(
  reader: HoldersReader,
  { namespace }: SetName,
  spec: Spec,
  ledger: Ledger | null,
  signal: AbortSignal,
): Promise<Issuers> {
  if (ledger === null || !needsPods(ledger, spec.revocations)) return NOTHING;
  const { clock, checkIssuers } = reader;
  if (!checkIssuers) return { ...NOTHING, pods: { kind: 'NotChecked' } };
  const deadlineMs = clock.monotonicMs() + writeDeadlineMs(spec.terms) * DEADLINE_SHARE;
  const [listed, workloads] = await withDeadline(clock, deadlineMs, signal, (bounded) =>
    Promise.all([
      listHolders(reader, namespace, spec, bounded).catch((error: unknown) => {
        signal.throwIfAborted();
        return unread(reader, namespace, error);
      }),
      Promise.all(
        spec.signer.restart.map((each) =>
          readWorkload(reader, namespace, each, bounded).catch((error: unknown) => {
            signal.throwIfAborted();
            return unreadWorkload(reader, namespace, each, error);
          }),
        ),
      ),
    ]),
  );
  const known = workloads.filter((each) => each !== null);
  return {
    pods: listed.pods,
    workloads: known.map(({ workload }) => workload),
    answers: [...listed.answers, ...known.flatMap(({ answers }) => answers)],
  };
}

interface Listed {
  readonly pods: ObservedPods;
  readonly answers: readonly Pick<ListAnswer, 'dateMs'>[];
}

async function listHolders(
  { client }: HoldersReader,
  namespace: string,
  { signer }: Spec,
  signal: AbortSignal,
): Promise<Listed> {
  const answer = await client.list(PODS, {
    namespace,
    fieldSelector: RUNNING,
    pageSize: PODS_PAGE_SIZE,
    signal,
    transform: (pod) => {
      const holder = holderOf(pod, signer);
      return holder === null ? null : { metadata: { name: holder.pod }, holder };
    },
  });
  const readOnce = answer.items
    .map((item) => item['holder'] as ReadOncePod)
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const more = Math.max(0, readOnce.length - PODS_MAX);
  const pods = { kind: 'Read', readOnce: readOnce.slice(0, PODS_MAX), more } as const;
  return { pods, answers: [answer] };
}

function unread({ log }: HoldersReader, namespace: string, error: unknown): Listed {
  const isForbidden = error instanceof KubeApiError && error.kind === 'forbidden';
  if (!isForbidden) log.warn({ namespace, err: error }, 'the pods could not be listed');
  return { pods: { kind: isForbidden ? 'Forbidden' : 'Failed' }, answers: [] };
}

interface ReadWorkload {
  readonly workload: ObservedWorkload;
  readonly answers: readonly Pick<Answer, 'dateMs'>[];
}

async function readWorkload(
  { client }: HoldersReader,
  namespace: string,
  { kind, name }: Workload,
  signal: AbortSignal,
): Promise<ReadWorkload> {
  const answer = await client.get(WORKLOADS[kind], { namespace, name }, { signal });
  return { workload: foundWorkload({ kind, name }, answer.object), answers: [answer] };
}

/** @returns null where it may well be read next time. */
function unreadWorkload(
  { log }: HoldersReader,
  namespace: string,
  { kind, name }: Workload,
  error: unknown,
): ReadWorkload | null {
  const problem = error instanceof KubeApiError ? error.kind : null;
  if (problem === 'not-found') return { workload: { kind, name, state: 'Missing' }, answers: [] };
  if (problem === 'forbidden') return { workload: { kind, name, state: 'Forbidden' }, answers: [] };
  log.warn({ namespace, workload: `${kind} ${name}`, err: error }, 'a workload could not be read');
  return null;
}
