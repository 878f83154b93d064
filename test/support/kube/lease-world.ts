/** A linearizable lease store and processes around it, with clocks and faults of their own. */
import type { Clock } from '../../../src/platform/clock.ts';
import {
  createLeaderElector,
  type HoldEnd,
  type LeaderElector,
} from '../../../src/platform/leader/leader-election.ts';
import {
  type LeaseObject,
  type LeaseStore,
  readLease,
  type StoredLease,
} from '../../../src/platform/leader/lease.ts';
import type { LogFields } from '../../../src/platform/log/log.ts';
import type { ManualClock } from '../clock/manual-clock.ts';

/** What one exchange meets on its way. */
export interface Weather {
  readonly thereMs: number;
  readonly backMs: number;
  readonly fate: 'ok' | 'lost on the way there' | 'lost on the way back';
}
export const CALM: Weather = { thereMs: 1, backMs: 1, fate: 'ok' };

export class LeaseServer {
  readonly #clock: ManualClock;
  #stored: StoredLease | null = null;
  #version = 0;
  /** Who wrote what, in the order in which it took effect. */
  readonly writes: { readonly by: string; readonly holder: string; readonly atMs: number }[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  stored(): StoredLease | null {
    return this.#stored;
  }

  /** A write by hand, such as kubectl's. */
  put(lease: LeaseObject | null): void {
    this.#stored = lease === null ? null : { lease, resourceVersion: String(++this.#version) };
  }

  /** The store as one process sees it. What was sent takes effect even if its sender gave up. */
  storeFor(who: string, weather: () => Weather): LeaseStore {
    const exchange = async <T>(apply: () => T): Promise<T> => {
      const { thereMs, backMs, fate } = weather();
      const forever = new AbortController().signal;
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + thereMs, forever);
      if (fate === 'lost on the way there') throw new Error('connection reset');
      const answer = apply();
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + backMs, forever);
      if (fate === 'lost on the way back') throw new Error('connection reset');
      return answer;
    };
    const write = (lease: LeaseObject): StoredLease => {
      const { holder } = readLease(lease);
      this.writes.push({ by: who, holder, atMs: this.#clock.monotonicMs() });
      this.#stored = { lease, resourceVersion: String(++this.#version) };
      return this.#stored;
    };
    return {
      get: () => exchange(() => this.#stored),
      create: (lease) => exchange(() => (this.#stored === null ? write(lease) : 'conflict')),
      replace: (lease, version) =>
        exchange(() => (this.#stored?.resourceVersion === version ? write(lease) : 'conflict')),
    };
  }
}

export interface Candidate {
  readonly elector: LeaderElector;
  readonly stop: AbortController;
  readonly log: { readonly level: string; readonly fields: LogFields; readonly message: string }[];
  /** From now on this process does not run, but its clock does. */
  freeze(): void;
  thaw(): void;
  /** Set when `hold` has ended. */
  end(): HoldEnd | null;
  /** Acquires, then holds. */
  run(): void;
}

export function createCandidate(options: {
  readonly name: string;
  readonly clock: ManualClock;
  readonly server: LeaseServer;
  readonly weather?: () => Weather;
  readonly wallOffsetMs?: number;
  readonly dice?: () => number;
}): Candidate {
  const { name, clock, server, wallOffsetMs = 0, weather = () => CALM } = options;
  const log: Candidate['log'] = [];
  const note = (level: string) => (fields: LogFields, message: string) => {
    log.push({ level, fields, message });
  };
  let frozen: Promise<void> | null = null;
  let thaw = () => {};
  let ended: HoldEnd | null = null;
  const stop = new AbortController();
  const ownClock: Clock = {
    wallMs: () => clock.wallMs() + wallOffsetMs,
    monotonicMs: () => clock.monotonicMs(),
    async sleepUntil(atMs, signal) {
      await clock.sleepUntil(atMs, signal);
      while (frozen !== null) await frozen;
    },
  };
  const sent = server.storeFor(name, weather);
  /** An answer that comes while the process is frozen is seen when it runs again. */
  const seen = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    while (frozen !== null) await frozen;
    return value;
  };
  const elector = createLeaderElector({
    clock: ownClock,
    random: { float: options.dice ?? (() => 0.5), hex: () => '' },
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    store: {
      get: (signal) => seen(sent.get(signal)),
      create: (lease, signal) => seen(sent.create(lease, signal)),
      replace: (lease, version, signal) => seen(sent.replace(lease, version, signal)),
    },
    namespace: 'system',
    name: 'operator',
    identity: name,
  });
  return {
    elector,
    stop,
    log,
    freeze() {
      frozen = new Promise((resolve) => {
        thaw = () => {
          frozen = null;
          resolve();
        };
      });
    },
    thaw: () => thaw(),
    end: () => ended,
    run() {
      elector
        .acquire(stop.signal)
        .then(() => elector.hold(stop.signal))
        .then((end) => {
          ended = end;
        })
        .catch(() => {
          // Stopped before it led.
        });
    },
  };
}
