/**
 * Leader election by client-go's rules (k8s.io/client-go/tools/leaderelection), with a Lease. A lease
 * of another process has expired if it has not changed for its duration by this machine's monotonic
 * clock. The times in the Lease are never compared with this machine's clock.
 *
 * A lease is not a mutex: a process that pauses between {@link LeaderElector.leads} and its write can
 * write late. Every write must be safe with two leaders; the election only avoids double work.
 */
import type { Clock } from '../clock.ts';
import { abortable, withDeadline } from '../deadline.ts';
import { microTime } from '../kube/time.ts';
import type { Log } from '../log/log.ts';
import type { Random } from '../random.ts';
import {
  editLease,
  type LeaseRecord,
  type LeaseStore,
  newLease,
  readLease,
  type StoredLease,
} from './lease.ts';

/** How long a lease must stay unchanged before another process may take it. */
export const LEASE_DURATION_MS = 15_000;
/** A leader that has not renewed for this long gives up, with a margin before the lease expires. */
export const RENEW_DEADLINE_MS = 10_000;
export const RETRY_PERIOD_MS = 2000;
/**
 * Candidates read the lease after half to all of this time, so that they take a released one within a
 * second. client-go waits up to 4.4 s, but one read a second is a small load for an API server.
 */
export const CANDIDATE_PERIOD_MS = 1000;
/** The duration in a released lease, as client-go writes it. */
const RELEASED_DURATION_MS = 1000;

export interface ElectionTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly candidatePeriodMs: number;
}

export const ELECTION_TIMES: ElectionTimes = {
  leaseDurationMs: LEASE_DURATION_MS,
  renewDeadlineMs: RENEW_DEADLINE_MS,
  retryPeriodMs: RETRY_PERIOD_MS,
  candidatePeriodMs: CANDIDATE_PERIOD_MS,
};

export interface ElectionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: LeaseStore;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process, such as the Pod's name and some random digits. */
  readonly identity: string;
  readonly times?: ElectionTimes;
}

/** Why {@link LeaderElector.hold} ended. */
export type HoldEnd =
  | { readonly kind: 'lost'; readonly reason: string }
  /** The signal aborted. The lease is still held and can be released. */
  | { readonly kind: 'stopped' };

export interface LeaderElector {
  /** Resolves when this process leads; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Renews until the lease is lost (then the process must exit) or the signal aborts. */
  hold(signal: AbortSignal): Promise<HoldEnd>;
  /** Check this before each write: false as soon as the renew deadline has passed. */
  leads(): boolean;
  /**
   * Releases the lease, so that the next leader need not wait for it to expire. Call it only after
   * `hold` and all work have ended: otherwise two processes would work at once.
   * @returns whether it was released. A failure is logged, and the lease then expires
   */
  release(signal: AbortSignal): Promise<boolean>;
}

export function createLeaderElector(options: ElectionOptions): LeaderElector {
  return new Elector(options);
}

type Attempt = { readonly leads: true } | { readonly leads: false; readonly reason: string };

class Elector implements LeaderElector {
  readonly #options: ElectionOptions;
  readonly #times: ElectionTimes;
  #stored: StoredLease | null = null;
  #record: LeaseRecord | null = null;
  /** When `#record` was first seen with this content. Its expiry depends on nothing else. */
  #changedMs = 0;
  /** When the last successful write began. Null while this process does not lead. */
  #renewedMs: number | null = null;

  constructor(options: ElectionOptions) {
    const times = options.times ?? ELECTION_TIMES;
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = times;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs)) {
      throw new RangeError(
        `a lease of ${leaseDurationMs} ms needs a shorter renew deadline, not ${renewDeadlineMs} ms, ` +
          `and that a shorter retry period, not ${retryPeriodMs} ms`,
      );
    }
    this.#options = options;
    this.#times = times;
  }

  leads(): boolean {
    return this.#renewedMs !== null && this.#nowMs() < this.#deadlineMs();
  }

  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    if (!this.leads()) this.#renewedMs = null;
    for (;;) {
      const attempt = await this.#attempt(this.#requestDeadlineMs(), signal);
      if (attempt.leads) {
        log.info({ lease: this.#leaseName(), identity: this.#options.identity }, 'leading');
        return;
      }
      signal.throwIfAborted();
      log.debug({ lease: this.#leaseName(), reason: attempt.reason }, 'not leading yet');
      const waitMs = (this.#times.candidatePeriodMs * (1 + random.float())) / 2;
      await clock.sleepUntil(this.#nowMs() + waitMs, signal);
    }
  }

  async hold(signal: AbortSignal): Promise<HoldEnd> {
    const { clock } = this.#options;
    let reason = 'the renew deadline passed';
    while (this.leads()) {
      const nextMs = Math.min(this.#nowMs() + this.#times.retryPeriodMs, this.#deadlineMs());
      await clock.sleepUntil(nextMs, signal).catch(() => {
        // Aborted: handled below.
      });
      if (signal.aborted) return { kind: 'stopped' };
      if (!this.leads()) break;
      const untilMs = Math.min(this.#requestDeadlineMs(), this.#deadlineMs());
      const attempt = await this.#attempt(untilMs, signal);
      if (signal.aborted && this.leads()) return { kind: 'stopped' };
      if (!attempt.leads) reason = attempt.reason;
    }
    this.#renewedMs = null;
    return { kind: 'lost', reason: `the lease ${this.#leaseName()} is lost: ${reason}` };
  }

  async release(signal: AbortSignal): Promise<boolean> {
    if (!this.leads()) return false;
    const fields = { lease: this.#leaseName() };
    const untilMs = Math.min(this.#requestDeadlineMs(), this.#deadlineMs());
    this.#renewedMs = null;
    try {
      if (await this.#bounded(untilMs, signal, (inner) => this.#giveUp(inner))) return true;
      this.#options.log.warn(fields, 'the lease was changed by another process; not released');
    } catch (err) {
      this.#options.log.warn({ ...fields, err }, 'the lease could not be released');
    }
    return false;
  }

  /** Reads first: a renewal that the shutdown interrupted may have succeeded. */
  async #giveUp(signal: AbortSignal): Promise<boolean> {
    const { clock, identity, store } = this.#options;
    const stored = await store.get(signal);
    if (stored === null) return false;
    const record = readLease(stored.lease);
    if (record.holder !== identity) return false;
    signal.throwIfAborted();
    const nowText = microTime(clock.wallMs());
    const lease = editLease(stored.lease, {
      holder: '',
      durationMs: RELEASED_DURATION_MS,
      transitions: record.transitions,
      acquireTime: nowText,
      renewTime: nowText,
    });
    return (await store.replace(lease, stored.resourceVersion, signal)) !== 'conflict';
  }

  /** Tries once to take or renew the lease, until the given time. Never rejects. */
  async #attempt(untilMs: number, signal: AbortSignal): Promise<Attempt> {
    try {
      return await this.#bounded(untilMs, signal, (inner) => this.#takeOrRenew(inner));
    } catch (err) {
      if (!signal.aborted) {
        this.#options.log.warn({ lease: this.#leaseName(), err }, 'the lease could not be written');
      }
      return { leads: false, reason: 'the API server did not answer in time' };
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<Attempt> {
    const wasLeading = this.#renewedMs !== null;
    if (wasLeading && this.#stored !== null) {
      const attempt = await this.#write(this.#stored, signal);
      if (attempt.leads) return attempt;
    }
    const stored = await this.#options.store.get(signal);
    if (stored === null) return this.#write(null, signal);
    this.#observe(stored);
    const { holder } = readLease(stored.lease);
    if (holder !== this.#options.identity) {
      // Another process has held it meanwhile: this one no longer leads, even if that has expired.
      this.#renewedMs = null;
      if (wasLeading || !this.#expired()) {
        return { leads: false, reason: `it is held by '${holder}'` };
      }
    }
    return this.#write(stored, signal);
  }

  /** Writes the lease with this process as its holder: replaces the stored one, or creates it. */
  async #write(stored: StoredLease | null, signal: AbortSignal): Promise<Attempt> {
    const { clock, identity, namespace, name, store } = this.#options;
    const startedMs = this.#nowMs();
    const wasLeading = this.#renewedMs !== null;
    if (wasLeading && !this.leads()) return { leads: false, reason: 'the renew deadline passed' };
    signal.throwIfAborted();
    const nowText = microTime(clock.wallMs());
    const record = stored === null ? null : readLease(stored.lease);
    const isOwn = record?.holder === identity;
    const edit = {
      holder: identity,
      durationMs: this.#times.leaseDurationMs,
      transitions: record === null ? 0 : record.transitions + (isOwn ? 0 : 1),
      acquireTime: (isOwn ? record.acquireTime : null) ?? nowText,
      renewTime: nowText,
    };
    const answer =
      stored === null
        ? await store.create(newLease(namespace, name, edit), signal)
        : await store.replace(editLease(stored.lease, edit), stored.resourceVersion, signal);
    if (answer === 'conflict') return { leads: false, reason: 'another process wrote it first' };
    const untilMs = wasLeading ? this.#deadlineMs() : startedMs + this.#times.renewDeadlineMs;
    if (signal.aborted || this.#nowMs() >= untilMs) {
      return { leads: false, reason: 'the answer came after the renew deadline' };
    }
    this.#observe(answer);
    this.#renewedMs = startedMs;
    return { leads: true };
  }

  #observe(stored: StoredLease): void {
    const record = readLease(stored.lease);
    if (record.fingerprint !== this.#record?.fingerprint) this.#changedMs = this.#nowMs();
    if (record.holder !== this.#record?.holder) {
      const fields = { lease: this.#leaseName(), holder: record.holder };
      this.#options.log.info(fields, 'the lease has a new holder');
    }
    this.#record = record;
    this.#stored = stored;
  }

  #expired(): boolean {
    if (this.#record === null || this.#record.holder === '') return true;
    const durationMs = this.#record.durationMs ?? this.#times.leaseDurationMs;
    return this.#nowMs() >= this.#changedMs + durationMs;
  }

  /** Runs one exchange with the store, and ends it at `untilMs` even if it ignores its signal. */
  #bounded<T>(
    untilMs: number,
    signal: AbortSignal,
    exchange: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withDeadline(this.#options.clock, untilMs, signal, (inner) =>
      abortable(exchange(inner), inner),
    );
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #deadlineMs(): number {
    return (this.#renewedMs ?? Number.NEGATIVE_INFINITY) + this.#times.renewDeadlineMs;
  }

  /** Half of the renew deadline, so that after one hanging request there is time for another. */
  #requestDeadlineMs(): number {
    return this.#nowMs() + this.#times.renewDeadlineMs / 2;
  }

  #leaseName(): string {
    return `${this.#options.namespace}/${this.#options.name}`;
  }
}
