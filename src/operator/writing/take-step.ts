/** Takes one planned step: makes a key if it needs one, checks it once more, writes it, and reports it. */
import { admit, type Refusal } from '../../core/guard/guard.ts';
import type { Step, Write } from '../../core/reading/model.ts';
import type { Clock } from '../../platform/clock.ts';
import type { KeyPair } from '../../platform/keys/key-maker.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { Log } from '../../platform/log/log.ts';
import { isRefusal } from '../memory/refused-writes.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import type { Observer, SetSnapshot } from '../reading/observe.ts';
import { metaOf } from '../reading/observed-objects.ts';
import type { EventSender } from './events.ts';
import { execute } from './execute.ts';
import { StepOutdated } from './execution.ts';
import { firstPublication } from './first-publication.ts';
import type { KeyOrders } from './key-orders.ts';
import { logStep, logWarning } from './step-log.ts';
import { deadlineOf, isAlmostOutOfDate, isOutOfDate } from './write-deadline.ts';

/** An admission webhook answers within this time, unless it is configured to take longer. */
const FAILING_STATUS_TIMEOUT_MS = 10_000;

export interface StepTakerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly keyOrders: KeyOrders;
  readonly log: Log;
  readonly observer: Observer;
  readonly events: EventSender;
  /** Asked before each write; false once another replica may hold the lease. */
  readonly leads: () => boolean;
  /** Called for each refused step. */
  readonly onRefusal: (refusal: Refusal) => void;
}

/** The set that a pass is about. */
export interface PassOf {
  /** `namespace/name` */
  readonly key: string;
  readonly memory: SetMemory;
  readonly signal: AbortSignal;
}

export type Taken =
  | 'taken'
  /** Not taken; the next reading follows at once. */
  | 'read again'
  /** Not taken; the next reading follows after the back-off. */
  | 'retry'
  /** Not taken; the set's turn comes back when its key is there. */
  | 'key ordered'
  /** The second reading found no such set. */
  | 'set missing';

export class StepTaker {
  readonly #options: StepTakerOptions;

  constructor(options: StepTakerOptions) {
    this.#options = options;
  }

  /** Rejects with what the write, or a reading, failed of. */
  async take(of: PassOf, step: Step, planned: SetSnapshot): Promise<Taken> {
    const keyPair = await this.#prepareKey(of, step, planned);
    if (keyPair === 'read again' || keyPair === 'key ordered') return keyPair;
    const live =
      step.guarded || sourceOf(step.write) !== null
        ? await this.#observeAgain(of, step.write, planned)
        : planned;
    if (live === null) return 'set missing';
    if (this.isOutOfDate(of, planned)) return 'retry';
    const refusal = admit(step, live.observed, live.observed.reading.startedMs);
    if (refusal !== null) {
      this.#reportRefusal(of, step, refusal);
      return 'retry';
    }
    if (!this.#options.leads()) return 'retry';
    const written = await this.#execute(of, step, planned, live, keyPair);
    if (written === null) return 'retry';
    this.#reportStep(of, step, live);
    if (step.write.kind !== 'CreateKeySecret') return 'taken';
    const next = firstPublication(of.memory, live, step.write, written);
    const nowMs = this.#options.clock.monotonicMs();
    if (next === null || of.memory.contests.holdsUp(next.step, nowMs)) return 'taken';
    return await this.take(of, next.step, next.snapshot);
  }

  isOutOfDate({ key }: PassOf, snapshot: SetSnapshot): boolean {
    const { clock, log } = this.#options;
    if (!isOutOfDate(snapshot, clock)) return false;
    const { elapsedMs } = snapshot.observed.reading;
    log.warn({ set: key, elapsedMs }, 'the reading took too long: the set is read again');
    return true;
  }

  #observeAgain(
    { memory, signal }: PassOf,
    write: Write,
    { observed }: SetSnapshot,
  ): Promise<SetSnapshot | null> {
    const { ref } = observed.set;
    return this.#options.observer.observe(ref, memory, signal, sourceOf(write));
  }

  /** If getting the key took so long that the write could miss its deadline, the set is read again first. */
  async #prepareKey(
    { key, memory, signal }: PassOf,
    { write }: Step,
    planned: SetSnapshot,
  ): Promise<KeyPair | null | 'read again' | 'key ordered'> {
    if (write.kind !== 'CreateKeySecret') return null;
    const { keyOrders, clock } = this.#options;
    const pair = await keyOrders.take(key, memory, write.keyKind, write.name, signal);
    if (pair === null) return 'key ordered';
    return isAlmostOutOfDate(planned, clock) ? 'read again' : pair;
  }

  /** @returns the object as the API server has it now; null if the objects are no longer what they were */
  async #execute(
    of: PassOf,
    step: Step,
    planned: SetSnapshot,
    live: SetSnapshot,
    keyPair: KeyPair | null,
  ): Promise<KubeObject | null> {
    const { key, memory, signal } = of;
    const { client, log } = this.#options;
    const { write } = step;
    const isStatus = write.kind === 'WriteStatus';
    const deadlineMs = isStatus ? this.#statusDeadlineMs(memory, planned) : deadlineOf(planned);
    const options = { signal, deadlineMs };
    const { namespace } = live.observed.set.ref;
    if (write.kind === 'CreateKeySecret') memory.known.add(write.name);
    try {
      const { object } = await execute(write, {
        client,
        namespace,
        snapshot: live,
        options,
        keyPair,
      });
      memory.refused.succeeded(write.kind);
      memory.urgency.wrote(metaOf(object));
      if (write.kind === 'CreateKeySecret') memory.preparedKey.used();
      if (write.kind === 'WriteStatus') {
        memory.keptStatus.note(write.status, object['status'], this.#options.clock.monotonicMs());
      }
      return object;
    } catch (error) {
      if (write.kind === 'CreateKeySecret' && isUndecided(error))
        memory.preparedKey.maybeIn(write.name);
      if (isStatus) memory.keptStatus.failed(isOutdated(error));
      if (!isOutdated(error)) {
        this.#noteFailure(of, step, live, error);
        throw error;
      }
      if ('name' in write && isAlreadyThere(error)) memory.takenNames.add(write.name);
      memory.contests.outdated(step, this.#options.clock.monotonicMs());
      log.debug({ set: key, step: write.kind, err: error }, 'the set is read again');
      return null;
    }
  }

  /** While writes fail, it may be a webhook that hangs: the set does not wait long for the status then. */
  #statusDeadlineMs({ keptStatus, refused }: SetMemory, planned: SetSnapshot): number {
    const { clock } = this.#options;
    const deadlineMs = deadlineOf(planned);
    if (!keptStatus.isFailing && !refused.isFailing) return deadlineMs;
    return Math.min(deadlineMs, clock.monotonicMs() + FAILING_STATUS_TIMEOUT_MS);
  }

  #noteFailure({ key, memory }: PassOf, step: Step, live: SetSnapshot, error: unknown): void {
    const { clock, events, log } = this.#options;
    const { kind } = step.write;
    const isImmutable = isTargetImmutable(kind, live);
    if (isRefusal(error)) memory.contests.refused(step, clock.monotonicMs());
    const note = memory.refused.note(kind, error, isImmutable, clock.monotonicMs());
    if (note === null) return;
    logWarning(log, key, note);
    events.send(live.observed.set, [note]);
  }

  #reportRefusal({ key }: PassOf, step: Step, refusal: Refusal): void {
    const { onRefusal, log } = this.#options;
    onRefusal(refusal);
    const fields = { set: key, step: step.write.kind, code: refusal.code };
    if (refusal.code === 'InvariantViolated') log.error(fields, refusal.message);
    else log.debug(fields, refusal.message);
  }

  #reportStep({ key, memory }: PassOf, step: Step, live: SetSnapshot): void {
    const { clock, log, events } = this.#options;
    memory.allowance.spend(clock.monotonicMs());
    memory.contests.taken(step, clock.monotonicMs());
    memory.repairs.note(step.events);
    logStep(log, key, step);
    events.send(live.observed.set, step.events);
  }
}

/** The key Secret whose key the write copies: the reading that judges it reads the key as well. */
function sourceOf(write: Write): string | null {
  if (write.kind !== 'WriteSigner' || write.source.from !== 'keySecret') return null;
  return write.source.name;
}

function isOutdated(error: unknown): boolean {
  if (error instanceof StepOutdated) return true;
  return error instanceof KubeApiError && error.advice === 're-read';
}

/** Whether the write may have succeeded all the same. */
function isUndecided(error: unknown): boolean {
  if (error instanceof StepOutdated) return false;
  if (!(error instanceof KubeApiError)) return true;
  return error.advice === 'retry' && error.kind !== 'no-time-left';
}

function isTargetImmutable(write: Write['kind'], { objects }: SetSnapshot): boolean {
  if (write === 'WriteSigner') return objects.signer?.['immutable'] === true;
  return write === 'WriteJwks' && objects.jwks?.['immutable'] === true;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof KubeApiError && error.kind === 'already-exists';
}
