/**
 * The core in a world of its own: an API server in memory, one true time, operators with clocks
 * that may be wrong, people who do harm, and a record of everything for an outside oracle.
 */

import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Spec } from '../../../src/core/formats/spec.ts';
import { admit, type Refusal } from '../../../src/core/guard/guard.ts';
import { stateViolations } from '../../../src/core/guard/invariants.ts';
import { readLedger } from '../../../src/core/ledger/codec.ts';
import { keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { plan } from '../../../src/core/plan.ts';
import { nextReadingMs } from '../../../src/core/reading/clock.ts';
import { readLedgers } from '../../../src/core/reading/ledgers.ts';
import type { Observed, Step } from '../../../src/core/reading/model.ts';
import { situationOf } from '../../../src/core/reading/situation.ts';
import { Api, type Outcome } from './api.ts';
import { Hands } from './hands.ts';

/** 2026-12-01T09:00:00Z */
export const START_MS = Date.UTC(2026, 11, 1, 9);
/** More passes than this at the same time are a livelock. */
const PASSES_MAX = 80;
const RETRY_MS = 1000;

export interface Written {
  readonly atMs: number;
  readonly step: Step;
  readonly outcome: Outcome;
  readonly servedBefore: readonly string[];
  /** How many facts there were before it. */
  readonly factsBefore: number;
  /** What the world shows after it. */
  readonly signerKid: string | null;
  readonly servedKids: readonly string[] | null;
  readonly ledger: Ledger | null;
}

export interface Refused {
  readonly atMs: number;
  readonly step: Step;
  readonly refusal: Refusal;
}

/** One change of who signs or what is served, whoever made it. */
export interface Fact {
  readonly atMs: number;
  readonly signerKid: string | null;
  readonly servedKids: readonly string[] | null;
  readonly spec: Spec | null;
}

export interface WorldOptions {
  /** How far the operator's clock is ahead of the true time, which is the API server's. */
  readonly skewMs?: number;
  /** How long each request takes. */
  readonly requestMs?: number;
}

export class World {
  nowMs = START_MS;
  /** When the operator's clock was set. */
  readonly clockSetMs: number[] = [];
  #skewMs: number;
  /** False: answers carry no `Date`. */
  hasDate = true;
  /** The CRD has no field for the ledger's copy. Else the status is read as it was written. */
  losesStatusLedger = false;
  readonly requestMs: number;
  readonly api = new Api();
  readonly hands: Hands;
  readonly written: Written[] = [];
  readonly refused: Refused[] = [];
  readonly facts: Fact[] = [];
  /** Each spec that an operator has read, and since when: nobody can act on one that was never seen. */
  readonly specsSeen: { readonly atMs: number; readonly spec: Spec }[] = [];
  /** The two objects after each write, for whoever restores them. */
  readonly snapshots: Pick<Api, 'signer' | 'jwks'>[] = [];
  onObserved: ((seen: Observed, skewMs: number) => void) | null = null;
  onWritten: ((written: Written) => void) | null = null;

  constructor({ skewMs = 0, requestMs = 0 }: WorldOptions = {}) {
    this.#skewMs = skewMs;
    this.requestMs = requestMs;
    this.hands = new Hands(this);
  }

  get skewMs(): number {
    return this.#skewMs;
  }

  set skewMs(skewMs: number) {
    if (skewMs !== this.#skewMs) this.clockSetMs.push(this.nowMs);
    this.#skewMs = skewMs;
  }

  /** A live reading by an operator whose clock is `skewMs` ahead. */
  observe(skewMs = this.skewMs): Observed {
    const { set, signer, jwks, keySecrets, namespaceTerminating, pods, workloads } = this.api;
    if (set === null) throw new Error('there is no set');
    const startedMs = this.nowMs + skewMs;
    const elapsedMs = this.requestMs;
    const firstDateMs = this.hasDate ? Math.floor(this.nowMs / 1000) * 1000 : null;
    this.nowMs += this.requestMs;
    const lastDateMs = this.hasDate ? Math.floor(this.nowMs / 1000) * 1000 : null;
    const { spec } = set;
    if (spec !== null && this.specsSeen.at(-1)?.spec !== spec) {
      this.specsSeen.push({ atMs: this.nowMs, spec });
    }
    return {
      reading: { startedMs, endedMs: this.nowMs + skewMs, elapsedMs, firstDateMs, lastDateMs },
      set,
      namespaceTerminating,
      signer,
      ledgers: readLedgers({
        signer: signer?.meta.annotations[ANNOTATION.ledger],
        status: this.losesStatusLedger ? undefined : set.status?.ledger,
        jwks: jwks?.meta.annotations[ANNOTATION.ledger],
      }),
      keySecrets: [...keySecrets.values()].sort((a, b) => a.ordinal - b.ordinal),
      jwks,
      pods,
      workloads: [...workloads],
      refusedWrite: null,
      lostStatus: this.losesStatusLedger ? ['ledger'] : [],
      isStatusFailing: false,
      contests: [],
      contestedKeptForMs: 0,
    };
  }

  /** Observe, plan, judge, write. The one write that was made, a refusal, or neither. */
  runPass(skewMs = this.skewMs): { nextAtMs: number | null; wrote: boolean; refused: boolean } {
    const seen = this.observe(skewMs);
    this.onObserved?.(seen, skewMs);
    const { step, nextAtMs } = plan(seen, seen.reading.startedMs);
    const atMs = nextAtMs === null ? null : nextReadingMs(seen.reading, nextAtMs) - skewMs;
    if (step === null) return { nextAtMs: atMs, wrote: false, refused: false };
    const refusal = this.judge(step, seen, skewMs);
    if (refusal !== null) return { nextAtMs: atMs, wrote: false, refused: true };
    this.apply(step);
    return { nextAtMs: atMs, wrote: true, refused: false };
  }

  /** The last word before a write, on a second live reading for a guarded step. */
  judge(step: Step, seen: Observed, skewMs = this.skewMs): Refusal | null {
    const live = step.guarded ? this.observe(skewMs) : seen;
    const refusal = admit(step, live, live.reading.startedMs);
    if (refusal !== null) this.refused.push({ atMs: this.nowMs, step, refusal });
    return refusal;
  }

  apply(step: Step): Outcome {
    this.nowMs += this.requestMs;
    const servedBefore = this.servedKids ?? [];
    const factsBefore = this.facts.length;
    const outcome = this.api.write(step.write);
    this.noteFact();
    const { signerKid, servedKids, ledger, nowMs: atMs } = this;
    const shown = { signerKid, servedKids, ledger };
    const entry = { atMs, step, outcome, servedBefore, factsBefore, ...shown };
    this.written.push(entry);
    this.snapshots.push({ signer: this.api.signer, jwks: this.api.jwks });
    this.onWritten?.(entry);
    return outcome;
  }

  /** Passes until one finds nothing to do. */
  settle(): number | null {
    for (let passes = 0; passes < PASSES_MAX; passes += 1) {
      if (this.api.set === null) return null;
      const { nextAtMs, wrote, refused } = this.runPass();
      if (refused) return this.nowMs + RETRY_MS;
      if (!wrote) return nextAtMs;
    }
    const last = this.written
      .slice(-4)
      .map(({ step }) => `${step.reason.code}: ${step.reason.message}`);
    throw new Error(`livelock after ${PASSES_MAX} writes:\n${last.join('\n')}`);
  }

  /** Runs until a true time, jumping to each instant at which the plan asks to be called. */
  runUntil(untilMs: number): void {
    for (;;) {
      const nextAtMs = this.settle();
      if (nextAtMs === null || nextAtMs >= untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextAtMs);
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    if (this.api.set !== null) this.settle();
  }

  runFor(durationMs: number): void {
    this.runUntil(this.nowMs + durationMs);
  }

  get ledger(): Ledger | null {
    const text = this.api.signer?.meta.annotations[ANNOTATION.ledger];
    const read = text === undefined ? null : readLedger(text);
    return read?.kind === 'Ledger' ? read.ledger : null;
  }

  get signerKid(): string | null {
    const content = this.api.signer?.content;
    return content?.kind === 'Key' ? content.kid : null;
  }

  get servedKids(): readonly string[] | null {
    const { jwks } = this.api;
    return jwks === null ? null : keysIn(jwks.data).map(({ kid }) => kid);
  }

  /** What the invariants say of the state as it is now. */
  violations(): readonly string[] {
    const seen = this.observe();
    if (seen.set.spec === null) return [];
    const situation = situationOf(seen, seen.set.spec, seen.reading.startedMs);
    return stateViolations(situation).map(({ invariant, message }) => `${invariant}: ${message}`);
  }

  noteFact(): void {
    const { signerKid, servedKids, nowMs: atMs } = this;
    const spec = this.api.set?.spec ?? this.facts.at(-1)?.spec ?? null;
    this.facts.push({ atMs, signerKid, servedKids, spec });
  }
}

/** A world with a set in it, just created. */
export function worldWith(spec: Spec, options: WorldOptions = {}): World {
  const world = new World(options);
  world.hands.createSet(spec);
  return world;
}
