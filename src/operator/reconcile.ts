/** One pass over one set: observe → plan → admit → execute → report. At most one write. */

import { kindOfJwk } from '../core/formats/jwk.ts';
import { admit, type Refusal } from '../core/guard/guard.ts';
import { sameKind } from '../core/ledger/ledger.ts';
import { WRITE_DEADLINE_MAX_MS, writeDeadlineMs } from '../core/ledger/terms.ts';
import { plan, statusOnly } from '../core/plan.ts';
import { nextReadingMs } from '../core/reading/clock.ts';
import type { Plan, Step, Write } from '../core/reading/model.ts';
import type { Clock } from '../platform/clock.ts';
import type { KeyMaker, KeyPair } from '../platform/keys/key-maker.ts';
import { type KubeClient, WRITE_MIN_LEFT_MS } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import type { Log } from '../platform/log/log.ts';
import type { PassResult } from '../platform/work-queue.ts';
import type { Observer, Snapshot } from './reading/observe.ts';
import type { SeenVersions } from './reading/seen-versions.ts';
import { type SetName, setKey, setNameOf } from './reading/set-name.ts';
import type { SetReport } from './set-report.ts';
import type { EventTeller } from './writing/events.ts';
import { execute, StepOutdated } from './writing/execute.ts';
import { RefusedWrites } from './writing/refused-writes.ts';
import { StepAllowance } from './writing/step-allowance.ts';

/**
 * However far away the next transition is: by then the set is read again, so that a clock that
 * was set forward, or a change that no watch told of, is noticed.
 */
export const RECHECK_MAX_MS = 600_000;

const RESTLESS = 'the set does not come to rest: is another hand changing it?';

export interface ReconcilerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly keys: KeyMaker;
  readonly log: Log;
  readonly observer: Observer;
  readonly events: EventTeller;
  readonly report: SetReport;
  readonly seen: SeenVersions;
  /** Asked before each write; false once the lease may be somebody else's. */
  readonly leads: () => boolean;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Key pairs made for a set whose Secret is not written yet. */
  readonly #prepared = new Map<string, KeyPair>();
  readonly #allowance = new StepAllowance();
  readonly #refused = new RefusedWrites();
  /** Sets that were not there when they were last looked at. */
  readonly #gone = new Set<string>();
  /** Names of key Secrets that a POST found taken. */
  readonly #suspects = new Map<string, Set<string>>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** @param key `namespace/name`; rejects with what a request failed of. */
  async pass(key: string, signal: AbortSignal): Promise<PassResult> {
    const name = setNameOf(key);
    const snapshot = await this.#observe(name, signal);
    if (snapshot === null) return this.#forget(key);
    this.#gone.delete(key);
    if (this.#isOutOfDate(key, snapshot)) return { kind: 'retry' };
    const { startedMs } = snapshot.observed.reading;
    const decision = plan(snapshot.observed, startedMs);
    this.#options.report.reconciled(snapshot.observed, decision);
    const isStatusNext = this.#refused.takeStatusTurn(key);
    if (decision.step === null) return this.#rest(snapshot, decision);
    if (isStatusNext && decision.step.write.kind !== 'WriteStatus') {
      const status = statusOnly(snapshot.observed, startedMs);
      if (status !== null) return await this.#takeTurn(key, status, snapshot, signal);
    }
    return await this.#take(key, decision.step, snapshot, signal);
  }

  /** The status between two tries of a refused step: the back-off between those goes on. */
  async #takeTurn(
    key: string,
    status: Step,
    snapshot: Snapshot,
    signal: AbortSignal,
  ): Promise<PassResult> {
    const result = await this.#take(key, status, snapshot, signal);
    return result.kind === 'again' ? { kind: 'retry' } : result;
  }

  #observe(name: SetName, signal: AbortSignal): Promise<Snapshot | null> {
    const key = setKey(name);
    const suspects = this.#suspects.get(key) ?? new Set<string>();
    return this.#options.observer.observe(name, suspects, this.#refused.last(key), signal);
  }

  /**
   * A reading that began so long ago (this process stood still, the API server was slow) may show
   * some objects from before a change and others from after it. Nothing could be written by it in
   * time anyway, so nothing is judged by it either.
   */
  #isOutOfDate(key: string, snapshot: Snapshot): boolean {
    const leftMs = deadlineMs(snapshot) - this.#options.clock.monotonicMs();
    if (leftMs >= WRITE_MIN_LEFT_MS) return false;
    const { elapsedMs } = snapshot.observed.reading;
    this.#options.log.warn({ set: key, elapsedMs }, 'the reading took too long: read again');
    return true;
  }

  /**
   * A set that is gone is looked for once more, later: a proxy that says so of one that is there
   * would else keep it from being seen to until it changes.
   */
  #forget(key: string): PassResult {
    const { clock } = this.#options;
    const isConfirmed = this.#gone.delete(key);
    if (!isConfirmed) this.#gone.add(key);
    const nextAtMs = isConfirmed ? null : clock.monotonicMs() + RECHECK_MAX_MS;
    this.#prepared.delete(key);
    this.#allowance.forget(key);
    this.#refused.forget(key);
    this.#suspects.delete(key);
    this.#options.seen.forget(key);
    this.#options.report.forget(key);
    return { kind: 'done', nextAtMs };
  }

  /** Nothing to do before the next transition: versions just read need no pass of their own. */
  #rest(snapshot: Snapshot, { nextAtMs }: Plan): PassResult {
    const { clock, seen } = this.#options;
    const { ref } = snapshot.observed.set;
    seen.remember(setKey(ref), snapshot.observed);
    this.#clear(setKey(ref), snapshot);
    this.#refused.atRest(setKey(ref));
    const readAtMs =
      nextAtMs === null ? Infinity : nextReadingMs(snapshot.observed.reading, nextAtMs);
    const waitMs = Math.min(RECHECK_MAX_MS, readAtMs - clock.wallMs());
    return { kind: 'done', nextAtMs: clock.monotonicMs() + Math.max(0, waitMs) };
  }

  async #take(
    key: string,
    step: Step,
    planned: Snapshot,
    signal: AbortSignal,
  ): Promise<PassResult> {
    const pause = this.#pause(key, step, planned);
    if (pause !== null) return pause;
    const keyPair = await this.#prepare(key, step, planned, signal);
    if (keyPair === 'read again') return { kind: 'again' };
    const live = step.guarded ? await this.#observe(planned.observed.set.ref, signal) : planned;
    if (live === null) return this.#forget(key);
    if (this.#isOutOfDate(key, planned)) return { kind: 'retry' };
    const refusal = admit(step, live.observed, live.observed.reading.startedMs);
    if (refusal !== null) return this.#refuse(key, step, refusal);
    if (!this.#options.leads()) return { kind: 'retry' };
    const done = await this.#execute(key, step, planned, live, keyPair, signal);
    if (!done) return { kind: 'retry' };
    this.#allowance.spend(key, this.#options.clock.monotonicMs());
    this.#prepared.delete(key);
    this.#options.log.info(
      { set: key, step: step.write.kind, reason: step.reason.code },
      step.reason.message,
    );
    this.#options.events.tell(live.observed.set, step.events);
    return { kind: 'again' };
  }

  /** How long until this set may take a step, where it has taken too many; see there. */
  #pause(key: string, step: Step, { observed }: Snapshot): PassResult | null {
    const nowMs = this.#options.clock.monotonicMs();
    const waitMs = this.#allowance.waitMs(key, nowMs);
    if (waitMs === 0) return null;
    if (this.#allowance.isNews(key, nowMs)) {
      const fields = { set: key, step: step.write.kind, reason: step.reason.code };
      this.#options.log.warn(fields, RESTLESS);
      const message = `${RESTLESS} It takes one step a second from now on`;
      this.#options.events.tell(observed.set, [{ type: 'Warning', reason: 'NotAtRest', message }]);
    }
    return { kind: 'done', nextAtMs: nowMs + waitMs };
  }

  /**
   * A key pair is made before the write that needs it. Where that took so long that the write
   * could miss its deadline, the set is read again first; the pair is kept in memory meanwhile.
   */
  async #prepare(
    key: string,
    { write }: Step,
    planned: Snapshot,
    signal: AbortSignal,
  ): Promise<KeyPair | null | 'read again'> {
    if (write.kind !== 'CreateKeySecret') return null;
    const { keys, clock } = this.#options;
    const known = this.#prepared.get(key);
    if (known !== undefined && sameKind(kindOfJwk(known.publicJwk), write.keyKind)) return known;
    const pair = await keys.make(write.keyKind, signal);
    this.#prepared.set(key, pair);
    return deadlineMs(planned) - clock.monotonicMs() < 2 * WRITE_MIN_LEFT_MS ? 'read again' : pair;
  }

  #refuse(key: string, step: Step, refusal: Refusal): PassResult {
    const { report, log } = this.#options;
    report.refused(refusal);
    const fields = { set: key, step: step.write.kind, code: refusal.code };
    if (refusal.code === 'InvariantViolated') log.error(fields, refusal.message);
    else log.info(fields, refusal.message);
    return { kind: 'retry' };
  }

  /** @returns false where the objects are no longer what they were: they are to be read again. */
  async #execute(
    key: string,
    { write }: Step,
    planned: Snapshot,
    live: Snapshot,
    keyPair: KeyPair | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client } = this.#options;
    const options = { signal, deadlineMs: deadlineMs(planned) };
    const { namespace } = live.observed.set.ref;
    try {
      await execute(write, { client, namespace, snapshot: live, options, keyPair });
      this.#refused.succeeded(key, write.kind);
      return true;
    } catch (error) {
      if (!isOutdated(error)) {
        this.#tellRefusal(key, write.kind, live, error);
        throw error;
      }
      if ('name' in write && isAlreadyThere(error)) this.#suspect(key, write.name);
      this.#options.log.info({ set: key, step: write.kind, err: error }, 'read again');
      return false;
    }
  }

  #tellRefusal(key: string, write: Write['kind'], live: Snapshot, error: unknown): void {
    const { clock, events } = this.#options;
    const { observed } = live;
    const isImmutable = isTargetImmutable(write, live);
    const note = this.#refused.note(key, write, error, isImmutable, clock.monotonicMs());
    if (note !== null) events.tell(observed.set, [note]);
  }

  /** What is no longer there is none any more. */
  #clear(key: string, { observed }: Snapshot): void {
    const suspects = this.#suspects.get(key);
    if (suspects === undefined) return;
    const found = new Set(observed.keySecrets.map(({ meta }) => meta.name));
    for (const name of suspects) if (!found.has(name)) suspects.delete(name);
    if (suspects.size === 0) this.#suspects.delete(key);
  }

  #suspect(key: string, name: string): void {
    const names = this.#suspects.get(key) ?? new Set<string>();
    this.#suspects.set(key, names.add(name));
  }
}

/** From the oldest live read that the write was judged by, on the monotonic clock. */
function deadlineMs({ observed, startedMonotonicMs }: Snapshot): number {
  const { spec } = observed.set;
  return startedMonotonicMs + (spec === null ? WRITE_DEADLINE_MAX_MS : writeDeadlineMs(spec.terms));
}

function isOutdated(error: unknown): boolean {
  if (error instanceof StepOutdated) return true;
  return error instanceof KubeApiError && error.advice === 're-read';
}

function isTargetImmutable(write: Write['kind'], { objects }: Snapshot): boolean {
  if (write === 'WriteSigner') return objects.signer?.['immutable'] === true;
  return write === 'WriteJwks' && objects.jwks?.['immutable'] === true;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof KubeApiError && error.kind === 'already-exists';
}
