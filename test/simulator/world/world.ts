/**
 * The world: true time, an API server, one to three operators with machines and networks of their
 * own, and people. The operators are the real ones; only their seams are replaced.
 */
import type { KubeRequest, KubeResponse } from '../../../src/platform/kube/transport.ts';
import { FakeApi } from '../../fake-api/fake-api.ts';
import { SIGNING_KEY_SETS } from '../../fake-api/types/signing-key-sets.ts';
import { VirtualClock } from '../../support/clock/virtual-clock.ts';
import { type Change, type Fight, HAND } from '../record/history.ts';
import { type Mark, Trace } from '../record/trace.ts';
import { fixtureKeys } from './fixture-keys.ts';
import { Member } from './member.ts';
import { policyOf } from './policies.ts';
import { hexOf, seeded } from './seeded.ts';
import { type Step, StepCounter, type StepFault } from './steps.ts';

export const NAMESPACE = 'auth';
export const SET_NAME = 'payments';
const LEASE_NAMESPACE = 'operators';
/** A Pod that has ended is started again after this long. */
const RESTART_MS = 1000;

export interface WorldOptions {
  /** How many operators there are at a time. */
  readonly operators: number;
  readonly elected: boolean;
  /** How far the operators' clocks are from true time, at most. */
  readonly skewMs: number;
  readonly seed: string;
  /** What goes wrong at a step. */
  readonly faults: FaultSource;
}

/** Told of each step of each operator, before it is taken. */
export interface FaultSource {
  at(world: World, member: Member, step: Step): StepFault | null;
  /** How long what has struck since the last rest may hold an operator up. */
  stallMs(): number;
  /** Told when the world has come to rest: what has struck so far has been waited out. */
  rested?(): void;
  /** Told when a command of the scenario has been carried out, by its index. */
  begin?(command: number): void;
}

export const NO_FAULTS: FaultSource = { at: () => null, stallMs: () => 0 };

export class World {
  readonly clock = new VirtualClock();
  readonly startMs = this.clock.wallMs();
  readonly trace = new Trace();
  readonly changes: Change[] = [];
  readonly steps: Step[] = [];
  readonly options: WorldOptions;
  readonly api: FakeApi;
  readonly members: Member[] = [];
  /** True time of the last write request of an operator, but of leases and events. */
  lastWriteMs = this.startMs;
  readonly keys = fixtureKeys();
  readonly fights: Fight[] = [];
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #counter = new StepCounter();
  readonly #revisions = new Map<string, number[]>();
  readonly #over = new AbortController();
  #author = HAND;

  constructor(options: WorldOptions) {
    this.options = options;
    const random = seeded(`api ${options.seed}`);
    this.api = new FakeApi({ clock: this.clock, random, types: [SIGNING_KEY_SETS] });
    this.api.onCommit((committed) => {
      const change = { atMs: this.clock.wallMs(), author: this.#author, ...committed };
      this.changes.push(change);
      this.trace.add({ kind: 'change', atMs: change.atMs, change });
      this.#noteRevision(change.resource, change.revision);
      this.#noteRevision(`${change.resource}/${change.name}`, change.revision);
      for (const tell of this.#listeners) tell(change);
    });
    this.api.hand.namespace(NAMESPACE);
    this.api.hand.namespace(LEASE_NAMESPACE);
    for (let slot = 1; slot <= options.operators; slot += 1) this.start(slot, options.elected);
  }

  /** Tells of each change as it is committed. */
  onChange(tell: (change: Change) => void): void {
    this.#listeners.push(tell);
  }

  /** Starts an operator on a place of its own; each one has a new identity. */
  start(slot: number, elected: boolean): Member {
    const identity = `operator-${this.members.length + 1}`;
    const random = seeded(`${identity} ${this.options.seed}`);
    const member = new Member(this, {
      identity,
      slot,
      offsetMs: (slot % 2 === 1 ? 1 : -1) * this.options.skewMs,
      // Operators that are not equally far away do not keep step with one another.
      networkMs: 1 + slot,
      random: { float: random, hex: (bytes) => hexOf(random, bytes) },
      election: elected ? { namespace: LEASE_NAMESPACE, name: 'lease' } : null,
    });
    this.members.push(member);
    const isRogue = !elected && this.options.elected;
    this.note('-', `${identity} starts${isRogue ? ' without asking for the lease' : ''}`);
    member.run();
    return member;
  }

  /** From now on a policy has a field of an object as it wants it. */
  fight(field: string, resource: string, name: string): void {
    const fight = { atMs: this.nowMs(), field, resource, name };
    this.fights.push(fight);
    this.api.policies.push(policyOf(fight));
  }

  /** Another one in the place of one that has ended. */
  replace(member: Member, afterMs = RESTART_MS): void {
    this.after(afterMs, () => this.start(member.slot, member.isElected));
  }

  kill(member: Member, restartMs = RESTART_MS): void {
    if (!member.host.isAlive) return;
    this.note('-', `${member.identity} is killed`);
    member.host.kill();
    this.replace(member, restartMs);
  }

  pause(member: Member, forMs: number): void {
    if (!member.host.isAlive || member.host.isPaused) return;
    this.note('-', `${member.identity} is paused for ${forMs / 1000}s`);
    member.host.pause();
    this.after(forMs, () => {
      if (!member.host.isAlive) return;
      this.note('-', `${member.identity} continues`);
      void member.host.resume();
    });
  }

  /** The one that works in a place now. */
  memberAt(slot: number): Member | null {
    return this.members.findLast((member) => member.slot === slot && member.host.isAlive) ?? null;
  }

  after(ms: number, act: () => void): void {
    this.clock.sleepUntil(this.clock.monotonicMs() + ms, this.#over.signal).then(act, () => {
      // The world ended before.
    });
  }

  note(mark: Mark, text: string): void {
    this.trace.add({ kind: 'event', atMs: this.clock.wallMs(), mark, text });
  }

  /** A request as it reaches the server: what it changes is its sender's. */
  send(
    identity: string,
    request: KubeRequest,
    signal: AbortSignal,
    revision: number | null,
  ): Promise<KubeResponse> {
    this.#author = identity;
    try {
      // The server answers before it returns; only the answer's way back takes time.
      return this.api.sendAsOf(request, signal, revision);
    } finally {
      this.#author = HAND;
    }
  }

  /** What goes wrong at a step of an operator. */
  faultAt(member: Member, step: Step): StepFault | null {
    return this.options.faults.at(this, member, step);
  }

  countStep(make: (counter: StepCounter) => Step): Step {
    const step = make(this.#counter);
    this.steps.push(step);
    return step;
  }

  /** Revisions at which an object (`secrets/payments-signer`) or any of a resource changed. */
  revisionsOf(what: string): readonly number[] {
    return this.#revisions.get(what) ?? [];
  }

  async advance(ms: number): Promise<void> {
    if (ms > 0) await this.clock.advance(ms);
  }

  nowMs(): number {
    return this.clock.wallMs();
  }

  /** Nothing happens any more, whoever still waits. */
  end(): void {
    this.#over.abort();
    for (const { host } of this.members) host.kill();
  }

  #noteRevision(what: string, revision: number): void {
    const known = this.#revisions.get(what);
    if (known === undefined) this.#revisions.set(what, [revision]);
    else known.push(revision);
  }
}
