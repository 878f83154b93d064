/** Events on the set (events.k8s.io/v1): told once a write has succeeded, and never relied upon. */

import type { EventNote, ObservedSet } from '../core/model.ts';
import { API_GROUP_VERSION, MANAGER, SET_KIND } from '../core/names.ts';
import type { Clock } from '../platform/clock.ts';
import type { KubeClient } from '../platform/kube-client.ts';
import { microTime } from '../platform/lease.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { EVENTS } from './resources.ts';

/** An event that can't be told within this time is dropped. */
const EVENT_TIMEOUT_MS = 10_000;
/** Of an event's note (the API server refuses a longer one). */
const NOTE_LENGTH_MAX = 1024;

export interface EventTellerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Names this process in the events. */
  readonly instance: string;
}

export type EventTeller = (
  set: ObservedSet,
  notes: readonly EventNote[],
  signal: AbortSignal,
) => Promise<void>;

/** Resolves in any case: an event that is refused is logged. */
export function createEventTeller(options: EventTellerOptions): EventTeller {
  const { client, clock, random, log, instance } = options;
  return async (set, notes, signal) => {
    for (const note of notes) {
      const { namespace, name, uid } = set.ref;
      const event = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace, name: `${name}.${random.hex(8)}` },
        eventTime: microTime(clock.wallMs()),
        reportingController: MANAGER,
        reportingInstance: instance,
        action: 'Reconcile',
        reason: note.reason,
        type: note.type,
        note: note.message.slice(0, NOTE_LENGTH_MAX),
        regarding: {
          apiVersion: API_GROUP_VERSION,
          kind: SET_KIND,
          namespace,
          name,
          uid,
          resourceVersion: set.resourceVersion,
        },
      };
      const deadlineMs = clock.monotonicMs() + EVENT_TIMEOUT_MS;
      try {
        await client.create(EVENTS, event, { signal, deadlineMs });
      } catch (error) {
        log.warn(
          { set: `${namespace}/${name}`, reason: note.reason, err: error },
          'event not told',
        );
      }
    }
  };
}
