/** Takes one planned step: makes a key if it needs one, checks it once more, writes it, and reports it. */
import { admit, type Refusal } from '../../core/guard/guard.ts';
import type { Step, Write } from '../../core/reading/model.ts';
import type { Clock } from '../../platform/clock.ts';
import type { KeyMaker, KeyPair } from '../../platform/keys/key-maker.ts';
import type { KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import type { Log } from '../../platform/log/log.ts';
import { isRefusal } from '../memory/refused-writes.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import type { Observer, SetSnapshot } from '../reading/observe.ts';
import type { EventSender } from './events.ts';
import { execute } from './execute.ts';
import { StepOutdated } from './execution.ts';
import { logStep, logWarning } from './step-log.ts';
import { deadlineOf, isAlmostOutOfDate, isOutOfDate } from './write-deadline.ts';

/** An admission webhook answers within this time, unless it is configured to take longer. */
const FAILING_STATUS_TIMEOUT_MS = 10_000;

export interface StepTakerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly keys: KeyMaker;
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
    if (keyPair === 'read again') return 'read again';
    const live = step.guarded ? await this.#observeAgain(of, planned) : planned;
    if (live === null) return 'set missing';
    if (this.isOutOfDate(of, planned)) return 'retry';
    const refusal = admit(step, live.observed, live.observed.reading.startedMs);
    if (refusal !== null) {
      this.#reportRefusal(of, step, refusal);
      return 'retry';
    }
    if (!this.#options.leads()) return 'retry';
    const isDone = await this.#execute(of, step, planned, live, keyPair);
    if (!isDone) return 'retry';
    this.#reportStep(of, step, live);
    return 'taken';
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
    { observed }: SetSnapshot,
  ): Promise<SetSnapshot | null> {
    return this.#options.observer.observe(observed.set.ref, memory, signal);
  }

  /**
   * A key pair is made before the write that needs it. If making it took so long that the write
   * could miss its deadline, the set is read again first; the pair is kept in memory meanwhile.
   */
  async #prepareKey(
    { memory, signal }: PassOf,
    { write }: Step,
    planned: SetSnapshot,
  ): Promise<KeyPair | null | 'read again'> {
    if (write.kind !== 'CreateKeySecret') return null;
    const { keys, clock } = this.#options;
    const known = memory.preparedKey.ofKind(write.keyKind);
    if (known !== null) return known;
    const pair = await keys.make(write.keyKind, signal);
    memory.preparedKey.keep(pair);
    return isAlmostOutOfDate(planned, clock) ? 'read again' : pair;
  }

  /** @returns false if the objects are no longer what they were */
  async #execute(
    of: PassOf,
    step: Step,
    planned: SetSnapshot,
    live: SetSnapshot,
    keyPair: KeyPair | null,
  ): Promise<boolean> {
    const { key, memory, signal } = of;
    const { client, log } = this.#options;
    const { write } = step;
    const isStatus = write.kind === 'WriteStatus';
    const deadlineMs = isStatus ? this.#statusDeadlineMs(memory, planned) : deadlineOf(planned);
    const options = { signal, deadlineMs };
    const { namespace } = live.observed.set.ref;
    try {
      const { object } = await execute(write, {
        client,
        namespace,
        snapshot: live,
        options,
        keyPair,
      });
      memory.refused.succeeded(write.kind);
      if (write.kind === 'WriteStatus') {
        memory.keptStatus.note(write.status, object['status'], this.#options.clock.monotonicMs());
      }
      return true;
    } catch (error) {
      if (isStatus) memory.keptStatus.failed(isOutdated(error));
      if (!isOutdated(error)) {
        this.#noteFailure(of, step, live, error);
        throw error;
      }
      if ('name' in write && isAlreadyThere(error)) memory.takenNames.add(write.name);
      log.debug({ set: key, step: write.kind, err: error }, 'the set is read again');
      return false;
    }
  }

  /** While the status fails, it may be a webhook that hangs: the set does not wait long for that again. */
  #statusDeadlineMs({ keptStatus }: SetMemory, planned: SetSnapshot): number {
    const { clock } = this.#options;
    const deadlineMs = deadlineOf(planned);
    if (!keptStatus.isFailing) return deadlineMs;
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
    memory.preparedKey.drop();
    memory.repairs.note(step.events);
    logStep(log, key, step);
    events.send(live.observed.set, step.events);
  }
}

function isOutdated(error: unknown): boolean {
  if (error instanceof StepOutdated) return true;
  return error instanceof KubeApiError && error.advice === 're-read';
}

function isTargetImmutable(write: Write['kind'], { objects }: SetSnapshot): boolean {
  if (write === 'WriteSigner') return objects.signer?.['immutable'] === true;
  return write === 'WriteJwks' && objects.jwks?.['immutable'] === true;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof KubeApiError && error.kind === 'already-exists';
}
