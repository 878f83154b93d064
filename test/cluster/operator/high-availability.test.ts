/**
 * Two operators with a lease between them, as two processes: what happens to the work when the one
 * that does it is killed, or told to stop.
 */
import { expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { recordFigure } from '../../support/vitest/record-figure.ts';
import { setsIn } from '../sets.ts';
import {
  auditWrites,
  createNamespace,
  request,
  type ServiceAccount,
} from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, inNamespace } from './operator-cases.ts';
import { createOperatorAccount, type OperatorProcess, startOperator } from './operator-process.ts';
import { FAST_TERMS, TokenWorld } from './token-world.ts';

const ROUNDS = 2;
/** The lease of one that is dead, and five seconds. */
const KILLED_MAX_MS = 20_000;
/** One that stops gives its lease back: nobody waits for it to run out. */
const STOPPED_MAX_MS = 2000;
/** The slowest of the rounds, on a machine that has other things to do. */
const STOPPED_ON_BUSY_MACHINE_MAX_MS = 7500;

interface Ending {
  /** When the signal was sent. */
  readonly sinceMs: number;
  readonly ended: Promise<unknown>;
  /** The user of the other. */
  readonly follower: string;
}

/** Two accounts with a process each; one that ended is started again. */
class Pair {
  readonly #namespace: string;
  readonly #accounts: readonly ServiceAccount[];
  readonly #processes: OperatorProcess[];

  private constructor(namespace: string, accounts: readonly ServiceAccount[]) {
    this.#namespace = namespace;
    this.#accounts = accounts;
    this.#processes = accounts.map((account) => this.#start(account));
  }

  static async in(namespace: string): Promise<Pair> {
    const names = ['operator-a', 'operator-b'];
    const accounts = names.map((name) => createOperatorAccount(namespace, name));
    return new Pair(namespace, await Promise.all(accounts));
  }

  get users(): readonly string[] {
    return this.#accounts.map(({ user }) => user);
  }

  /** Signals the one that leads while the other one is ready. */
  async endLeader(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ending> {
    const leader = await eventually('a leader', async () => await this.#leader());
    const follower = 1 - leader;
    await eventually('the other to be ready', async () => {
      const answer = await fetch(`${await this.#processes[follower]?.url()}/readyz`);
      return answer.ok;
    });
    const sinceMs = Date.now();
    const ended = this.#processes[leader]?.end(signal) ?? Promise.resolve(null);
    return { sinceMs, ended, follower: this.#accounts[follower]?.user ?? '' };
  }

  /** Starts the one that was ended. */
  restart(leader: string): void {
    const ended = this.users.findIndex((user) => user !== leader);
    const account = this.#accounts[ended];
    if (account !== undefined) this.#processes[ended] = this.#start(account);
  }

  async #leader(): Promise<number | null> {
    const folder = `/apis/coordination.k8s.io/v1/namespaces/${this.#namespace}/leases`;
    const { body } = await request({ method: 'GET', path: `${folder}/signing-key-operator` });
    const holder = (body as { spec?: { holderIdentity?: string } }).spec?.holderIdentity ?? '';
    if (holder === '') return null;
    const found = this.#processes.findIndex((each) => hasLed(each, holder));
    return found < 0 ? null : found;
  }

  #start({ kubeconfigPath }: ServiceAccount): OperatorProcess {
    const args = ['--leader-elect', '--lease-namespace', this.#namespace];
    return startOperator({ kubeconfigPath, namespace: this.#namespace, args });
  }
}

/** By its own words: that another leads, a process that waits says as well. */
function hasLed(process: OperatorProcess, identity: string): boolean {
  const lines = process.output().split('\n');
  return lines.some((line) => line.includes('"leading"') && line.includes(`"${identity}"`));
}

/** Makes a set. @returns how long after the signal the other first writes an object of it, milliseconds */
async function firstWriteMs(
  namespace: string,
  set: string,
  { sinceMs, follower: user }: Ending,
): Promise<number> {
  await setsIn(namespace).create(set, FAST_SPEC);
  const filter = { namespace, resource: 'secrets', name: `${set}-key-1`, user, sinceMs };
  const [first] = await eventually(
    `the other operator to work on ${set}`,
    async () => {
      const writes = auditWrites({ ...filter, responseStatus: 201 });
      return writes.length > 0 ? writes : null;
    },
    60_000,
  );
  return (first?.finishedAtMs ?? Infinity) - sinceMs;
}

/** The ledger's generation in the signer Secret. */
async function generationOf(namespace: string): Promise<number> {
  const signer = await inNamespace(namespace).secret('payments-signer');
  return JSON.parse(signer?.annotations[ANNOTATION.ledger] ?? '{}').generation;
}

test('a leader that is killed or stopped is followed in time, and no two act on one ledger', async () => {
  const namespace = await createNamespace('op-pair');
  const pair = await Pair.in(namespace);
  await setsIn(namespace).create('payments', FAST_SPEC);
  const world = new TokenWorld(namespace, 'payments', FAST_TERMS);
  const running = world.run();
  const times: Record<'SIGKILL' | 'SIGTERM', number[]> = { SIGKILL: [], SIGTERM: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const ending = await pair.endLeader(signal);
      const set = `probe-${round}-${signal.toLowerCase()}`;
      times[signal].push(await firstWriteMs(namespace, set, ending));
      await ending.ended;
      pair.restart(ending.follower);
    }
  }
  const { activeKey = '#1' } = await inNamespace(namespace).statusOf('payments');
  await eventually(
    'a rotation after all that',
    async () => (await inNamespace(namespace).statusOf('payments')).activeKey !== activeKey,
    60_000,
  );
  const { follower, ended } = await pair.endLeader('SIGTERM');
  await ended;
  pair.restart(follower);
  const figures = world.stop();
  await running;
  recordFigure('takeoverAfterKillMsMax', Math.max(...times.SIGKILL));
  recordFigure('takeoverAfterStopMsMax', Math.max(...times.SIGTERM));
  expect(figures.rejected).toEqual([]);
  expect(figures.verified).toBeGreaterThan(1000);
  expect(Math.max(...times.SIGKILL)).toBeLessThan(KILLED_MAX_MS);
  expect(Math.min(...times.SIGTERM)).toBeLessThan(STOPPED_MAX_MS);
  expect(Math.max(...times.SIGTERM)).toBeLessThan(STOPPED_ON_BUSY_MACHINE_MAX_MS);
  await expectOneWriteAGeneration(namespace, pair.users);
}, 240_000);

/**
 * Each write of the ledger makes one generation of the one before. Were two ever made of the same
 * one, there would be more writes in the audit log than generations.
 */
async function expectOneWriteAGeneration(namespace: string, users: readonly string[]) {
  const look = async () => {
    const before = await generationOf(namespace);
    const filter = { namespace, resource: 'secrets', name: 'payments-signer' };
    const writes = auditWrites(filter).filter(({ responseStatus }) => responseStatus < 300);
    return (await generationOf(namespace)) === before ? { before, writes } : null;
  };
  const { before, writes } = await eventually('a quiet moment', look);
  expect(new Set(writes.map(({ user }) => user))).toEqual(new Set(users));
  expect(writes.length).toBe(before);
}
