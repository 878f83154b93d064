/** Events on the set (events.k8s.io/v1): sent once a write has succeeded, and never relied upon. */

import { API_GROUP_VERSION, MANAGER, SET_KIND } from '../../core/formats/names.ts';
import type { EventNote, ObservedSet } from '../../core/reading/model.ts';
import type { Clock } from '../../platform/clock.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { EVENTS } from '../../platform/kube/resources.ts';
import { microTime } from '../../platform/kube/time.ts';
import type { Log } from '../../platform/log/log.ts';
import type { Random } from '../../platform/random.ts';

/** An event that can't be sent within this time is dropped. */
const EVENT_TIMEOUT_MS = 10_000;
/** The maximum number of events that wait to be sent: if the API server takes none, the rest is dropped. */
const EVENTS_WAITING_MAX = 256;
/** Of an event's note: the API server rejects a longer one. */
const NOTE_BYTES_MAX = 1024;

export interface EventSenderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Names this process in the events. */
  readonly instance: string;
}

export interface EventSender {
  /**
   * Sends events in the background, one after the other. Nobody waits for them, so an API server that
   * is slow with events does not hold up a revocation.
   */
  send(set: ObservedSet, notes: readonly EventNote[]): void;
  /** Gives the waiting events this long to arrive, then drops them. */
  stop(graceMs: number): Promise<void>;
}

export function createEventSender(options: EventSenderOptions): EventSender {
  return new Sender(options);
}

class Sender implements EventSender {
  readonly #options: EventSenderOptions;
  readonly #stopping = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: EventSenderOptions) {
    this.#options = options;
  }

  send(set: ObservedSet, notes: readonly EventNote[]): void {
    for (const note of notes) {
      if (this.#waiting >= EVENTS_WAITING_MAX) this.#drop(set, note, 'too many events are waiting');
      else this.#enqueue(set, note);
    }
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#waiting === 0) return;
    const { clock } = this.#options;
    const arrived = new AbortController();
    const grace = clock.sleepUntil(clock.monotonicMs() + graceMs, arrived.signal).catch(() => {
      // All arrived in time.
    });
    await Promise.race([this.#last, grace]);
    arrived.abort();
    this.#stopping.abort(new Error('the operator has ended'));
    await this.#last;
  }

  #enqueue(set: ObservedSet, note: EventNote): void {
    this.#waiting += 1;
    // Its time is the step's, however long it waits.
    const atMs = this.#options.clock.wallMs();
    this.#last = this.#last.then(async () => {
      await this.#post(set, note, atMs);
      this.#waiting -= 1;
    });
  }

  async #post(set: ObservedSet, note: EventNote, atMs: number): Promise<void> {
    const { client, clock } = this.#options;
    const { signal } = this.#stopping;
    const deadlineMs = clock.monotonicMs() + EVENT_TIMEOUT_MS;
    try {
      await client.create(EVENTS, this.#eventOf(set, note, atMs), { signal, deadlineMs });
    } catch (error) {
      this.#drop(set, note, error);
    }
  }

  #drop({ ref }: ObservedSet, { reason }: EventNote, why: unknown): void {
    const set = `${ref.namespace}/${ref.name}`;
    this.#options.log.warn({ set, reason, err: why }, 'an event was dropped');
  }

  #eventOf(set: ObservedSet, note: EventNote, atMs: number): KubeObject {
    const { random, instance } = this.#options;
    const { namespace, name, uid } = set.ref;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.${random.hex(8)}` },
      eventTime: microTime(atMs),
      reportingController: MANAGER,
      reportingInstance: instance,
      action: 'Reconcile',
      reason: note.reason,
      type: note.type,
      note: cut(note.message),
      regarding: {
        apiVersion: API_GROUP_VERSION,
        kind: SET_KIND,
        namespace,
        name,
        uid,
        resourceVersion: set.resourceVersion,
      },
    };
  }
}

/** As many whole characters as fit. */
function cut(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(NOTE_BYTES_MAX));
  return text.slice(0, read);
}
