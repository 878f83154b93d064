/**
 * A trace for people: one line for each thing that they care about. Who wrote ledger, signer and
 * JWKS, the states by ordinal, key Secrets that come and go, conditions, hands, faults.
 */
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { JsonObject } from '../../fake-api/json/json.ts';
import type { Violation } from '../oracle/judge.ts';
import { withRule } from '../oracle/verdict/rules.ts';
import { type Change, HAND } from '../record/history.ts';
import type { Entry } from '../record/trace.ts';
import {
  conditionsOf,
  ledgerOf,
  ordinalsOf,
  servedKids,
  signerKid,
  statesOf,
} from '../record/views.ts';

export interface TimelineOptions {
  readonly startMs: number;
  /** Begins at the scenario's `show`. */
  readonly fromShow: boolean;
  /** Requests too, so that a fault can be seen where it struck. */
  readonly withRequests: boolean;
  /** Shown where they happened. */
  readonly violations?: readonly Violation[];
}

export function timelineOf(entries: readonly Entry[], options: TimelineOptions): string {
  const changes = entries.flatMap((entry) => (entry.kind === 'change' ? [entry.change] : []));
  const teller = new Teller(ordinalsOf(changes), options.withRequests);
  const show = entries.findIndex((entry) => entry.kind === 'event' && entry.text === 'show');
  const lines = entries.flatMap((entry, index) => {
    const told = teller.tell(entry).map((text) => ({ atMs: entry.atMs, text }));
    return !options.fromShow || index > show ? told : [];
  });
  for (const { promise, atMs, message } of options.violations ?? []) {
    lines.push({ atMs, text: `>>> ${withRule(promise)}: ${message}` });
  }
  // What is equally late keeps its order.
  lines.sort((a, b) => a.atMs - b.atMs);
  return lines.map(({ atMs, text }) => `${seconds(atMs - options.startMs)}  ${text}\n`).join('');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`.padStart(9);
}

class Teller {
  readonly #ordinals: ReadonlyMap<string, number>;
  readonly #withRequests: boolean;
  #conditions: readonly string[] = [];
  #states = '';

  constructor(ordinals: ReadonlyMap<string, number>, withRequests: boolean) {
    this.#ordinals = ordinals;
    this.#withRequests = withRequests;
  }

  tell(entry: Entry): readonly string[] {
    switch (entry.kind) {
      case 'event':
        return entry.text === 'show' ? [] : [`${entry.mark} ${entry.text}`];
      case 'change':
        return this.#change(entry.change);
      case 'request':
        return this.#withRequests ? [`  . ${entry.who} ${entry.step} ${entry.status}`] : [];
    }
  }

  #change(change: Change): readonly string[] {
    const { resource, name, before, after, author } = change;
    if (resource === 'secrets' && name.includes('-key-')) return secretLine(change);
    if (resource === SET_PLURAL) return this.#set(change);
    if (resource === 'pods' || resource === 'deployments') return workloadLine(change);
    const isSigner = resource === 'secrets';
    if (!isSigner && resource !== 'configmaps') return [];
    const what = isSigner ? 'the signer' : 'the JWKS';
    if (after === null) return [`${author} deletes ${what}`];
    const verb = before === null ? 'creates' : 'writes';
    const shown = isSigner ? this.#signer(after) : this.#jwks(after);
    return [`${author} ${verb} ${what}: ${shown}`];
  }

  #signer(secret: JsonObject): string {
    const kid = signerKid(secret);
    const ledger = ledgerOf(secret);
    const states = ledger === null ? 'no ledger' : statesOf(ledger);
    const generation = ledger === null ? '' : `ledger ${String(ledger['generation'])}`;
    const changed = states === this.#states ? '' : `${states} | `;
    this.#states = states;
    return `${changed}signs ${kid === '' ? 'nothing' : this.#key(kid)} | ${generation}`;
  }

  #jwks(configMap: JsonObject): string {
    const kids = servedKids(configMap);
    return kids === null ? 'garbled' : `serves ${kids.map((kid) => this.#key(kid)).join(' ')}`;
  }

  #key(kid: string): string {
    return `#${this.#ordinals.get(kid) ?? kid}`;
  }

  #set({ before, after, author }: Change): readonly string[] {
    if (after === null) return [`${author}: the set is gone`];
    if (before === null) return [];
    const conditions = conditionsOf(after);
    const fresh = conditions.filter((each) => !this.#conditions.includes(each));
    const gone = this.#conditions.filter((each) => {
      return !conditions.some((other) => other.split('=')[0] === each.split('=')[0]);
    });
    this.#conditions = conditions;
    const all = [...fresh, ...gone.map((each) => `no ${each.split('=')[0]}`)];
    return all.length === 0 ? [] : [`${author} says ${all.join(', ')}`];
  }
}

function secretLine({ name, before, after, author }: Change): readonly string[] {
  const key = `key Secret #${name.split('-key-')[1]}`;
  if (after === null) return [`${author} deletes ${key}`];
  return before === null ? [`${author} creates ${key}`] : [`${author} changes ${key}`];
}

function workloadLine({ resource, name, before, after, author }: Change): readonly string[] {
  if (author !== HAND) return [`${author} restarts Deployment ${name}`];
  if (resource === 'deployments') return [];
  if (before === null) return [`  Pod ${name} starts`];
  return after === null ? [`  Pod ${name} has ended`] : [];
}
