/**
 * The part of a reading that looks at issuers: the pods of the namespace, and the workloads that the
 * operator may have to restart. It happens only if a key depends on it, and never holds up what does
 * not: if something can't be read, it is unknown and the pass continues.
 */

import type { Spec } from '../../core/formats/spec.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { writeDeadlineMs } from '../../core/ledger/terms.ts';
import type { ObservedPods, ObservedWorkload } from '../../core/reading/model.ts';
import { needsPods } from '../../core/reading/old-pods.ts';
import type { Clock } from '../../platform/clock.ts';
import { withDeadline } from '../../platform/deadline.ts';
import type { Answer, KubeClient } from '../../platform/kube/client.ts';
import type { Log } from '../../platform/log/log.ts';
import { listReadOncePods, unreadPods } from './list-pods.ts';
import type { SetName } from './set-name.ts';
import { readWorkload, unreadWorkload } from './workloads.ts';

/**
 * A list of pods that takes longer than this share of a write's deadline is given up. A step may be
 * judged by two readings, and a request that hangs must not keep it from being written.
 */
const DEADLINE_SHARE = 1 / 4;

export interface IssuersReader {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** False with `--check-issuers=false`: the operator does not look at pods. */
  readonly checkIssuers: boolean;
}

interface Issuers {
  readonly pods: ObservedPods;
  readonly workloads: readonly ObservedWorkload[];
  readonly answers: readonly Pick<Answer, 'dateMs'>[];
}

const NOTHING: Issuers = { pods: { kind: 'NotRead' }, workloads: [], answers: [] };

/** @param ledger null if none can be read: then nothing depends on pods. */
export async function readIssuers(
  reader: IssuersReader,
  { namespace }: SetName,
  spec: Spec,
  ledger: Ledger | null,
  signal: AbortSignal,
): Promise<Issuers> {
  if (ledger === null || !needsPods(ledger, spec.revocations)) return NOTHING;
  const { client, clock, log, checkIssuers } = reader;
  if (!checkIssuers) return { ...NOTHING, pods: { kind: 'NotChecked' } };
  const deadlineMs = clock.monotonicMs() + writeDeadlineMs(spec.terms) * DEADLINE_SHARE;
  const [listed, workloads] = await withDeadline(clock, deadlineMs, signal, (bounded) =>
    Promise.all([
      orUnread(listReadOncePods(client, namespace, spec.signer, bounded), signal, (error) =>
        unreadPods(log, namespace, error),
      ),
      Promise.all(
        spec.signer.restart.map((workload) =>
          orUnread(readWorkload(client, namespace, workload, bounded), signal, (error) =>
            unreadWorkload(log, namespace, workload, error),
          ),
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

/** A failed read is an answer too, unless the whole pass is over. */
async function orUnread<Found>(
  read: Promise<Found>,
  signal: AbortSignal,
  unread: (error: unknown) => Found,
): Promise<Found> {
  try {
    return await read;
  } catch (error) {
    signal.throwIfAborted();
    return unread(error);
  }
}
