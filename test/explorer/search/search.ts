/**
 * Breadth-first through all states, so that the first path to a violation is a shortest one. Of each
 * state that was reached only a fingerprint is kept, and the move that led to it.
 */
import { hash } from 'node:crypto';
import type { Rule, Violation } from '../judge/judge.ts';
import { isAtRest, unrest } from '../judge/rest.ts';
import type { State } from '../model/state.ts';
import { otherMoves } from '../moves/moves.ts';
import { aloneMove, type Move } from '../moves/operator-moves.ts';
import { Canonical } from './canonical.ts';
import { rotates } from './rotates.ts';

export interface Limits {
  readonly depthMax: number;
  readonly statesMax: number;
  readonly deadlineMs: number;
}

/** The first of its kind, which has a shortest path. */
export interface Found {
  readonly violation: Violation;
  readonly path: readonly string[];
}

export interface Figures {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly atRest: number;
  /** States whose moves were not tried, because a limit came first. */
  readonly open: number;
  readonly violations: Partial<Record<Rule, number>>;
}

export interface Explored {
  readonly figures: Figures;
  readonly found: readonly Found[];
}

export interface Progress {
  readonly depth: number;
  readonly width: number;
  readonly states: number;
}

const NOT_YET = -2;
const AT_REST = -1;

interface Node {
  readonly state: State;
  readonly index: number;
}

export class Search {
  readonly #limits: Limits;
  readonly #canonical = new Canonical();
  readonly #known = new Map<number, number>();
  readonly #parents: number[] = [];
  readonly #labels: string[] = [];
  /** For each state the one that follows if the set is left alone. */
  readonly #alone: number[] = [];
  readonly #found = new Map<string, Found>();
  readonly #counts: Partial<Record<Rule, number>> = {};
  readonly #rotating = new Set<number>();
  #transitions = 0;
  #atRest = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  run(start: State, tell: (progress: Progress) => void = () => undefined): Explored {
    let level: Node[] = [];
    this.#reach(start, -1, '', level);
    let depth = 0;
    let open = 0;
    while (level.length > 0) {
      tell({ depth, width: level.length, states: this.#labels.length });
      const next: Node[] = [];
      for (const node of level) {
        if (depth >= this.#limits.depthMax || this.#isOver()) open += 1;
        else this.#expand(node, next);
      }
      level = next;
      depth += next.length === 0 ? 0 : 1;
    }
    this.#findLivelocks();
    const states = this.#labels.length;
    const [transitions, atRest, violations] = [this.#transitions, this.#atRest, this.#counts];
    const figures = { states, transitions, depth, atRest, open, violations };
    return { figures, found: [...this.#found.values()] };
  }

  #isOver(): boolean {
    const { statesMax, deadlineMs } = this.#limits;
    return this.#labels.length >= statesMax || performance.now() >= deadlineMs;
  }

  #expand({ state, index }: Node, next: Node[]): void {
    const alone = aloneMove(state);
    if (alone !== null) this.#alone[index] = this.#take(alone, index, next);
    else this.#rest(state, index);
    for (const move of otherMoves(state)) this.#take(move, index, next);
  }

  #take(move: Move, from: number, next: Node[]): number {
    const { state, violations } = move.take();
    this.#transitions += 1;
    for (const violation of violations) this.#violated(violation, from, move.label);
    if (violations.length > 0) return AT_REST;
    return this.#reach(state, from, move.label, next);
  }

  #reach(state: State, from: number, label: string, next: Node[]): number {
    const fingerprint = fingerprintOf(this.#canonical.textOf(state));
    const known = this.#known.get(fingerprint);
    if (known !== undefined) return known;
    const index = this.#labels.length;
    this.#known.set(fingerprint, index);
    this.#parents.push(from);
    this.#labels.push(label);
    this.#alone.push(NOT_YET);
    next.push({ state, index });
    return index;
  }

  /** Nothing is left to do: all must be well, and a rotation must be possible. */
  #rest(state: State, index: number): void {
    this.#alone[index] = AT_REST;
    if (state.facts.changes === 0) return;
    this.#atRest += 1;
    const wrong = isAtRest(state.world) ? unrest(state) : 'no step is planned, now or later';
    if (wrong !== null) this.#violated({ rule: 'Rest', text: wrong }, index, null);
    else if (state.world.api.set !== null) this.#rotate(state, index);
  }

  #rotate(state: State, index: number): void {
    const fingerprint = fingerprintOf(this.#canonical.textOf(state, false));
    if (this.#rotating.has(fingerprint)) return;
    this.#rotating.add(fingerprint);
    for (const violation of rotates(state)) this.#violated(violation, index, null);
  }

  #violated(violation: Violation, from: number, label: string | null): void {
    const { rule, text } = violation;
    this.#counts[rule] = (this.#counts[rule] ?? 0) + 1;
    const kind = `${rule} ${text.replaceAll(/[0-9]+/g, '#')}`;
    if (this.#found.has(kind)) return;
    const path = [...this.#pathTo(from), ...(label === null ? [] : [label])];
    this.#found.set(kind, { violation, path });
  }

  #pathTo(index: number): readonly string[] {
    const path: string[] = [];
    for (let at = index; at > 0; at = this.#parents[at] ?? -1) path.push(this.#labels[at] ?? '');
    return path.reverse();
  }

  /**
   * Left alone, each state leads to exactly one other. So a set that never comes to rest is a circle,
   * and each state that leads into one is another such set: the first is told.
   */
  #findLivelocks(): void {
    const visitedBy = new Int32Array(this.#alone.length).fill(-1);
    for (let start = 0; start < this.#alone.length; start += 1) {
      let at = start;
      while (at >= 0 && visitedBy[at] === -1) {
        visitedBy[at] = start;
        at = this.#alone[at] ?? NOT_YET;
      }
      if (at >= 0 && visitedBy[at] === start) {
        const text = 'left alone, the set goes round in a circle and never comes to rest';
        this.#violated({ rule: 'Rest', text }, start, null);
      }
    }
  }
}

/** 52 bits: among ten million states, two different ones have the same once in ninety runs. */
function fingerprintOf(text: string): number {
  return Number.parseInt(hash('md5', text).slice(0, 13), 16);
}
