/** One of the threads of a soak: its share of all plans and of the random lives, in turns. */
import { parentPort, workerData } from 'node:worker_threads';
import { RANDOM, type Seed, seedOfPlan, WIDE } from '../faults/seed.ts';
import { allScenarios } from '../language/scenario-files.ts';
import { count, emptyTally, failureText, type Tally } from '../run/report.ts';
import { plansOf } from '../run/sample.ts';
import { shrink } from '../run/shrink.ts';
import { type Trial, trySeed } from '../run/trial.ts';

export interface SoakShare {
  readonly share: number;
  readonly shares: number;
  /** Another order of plans, and other lives. */
  readonly seed: number;
  /** Counts from when all plans are enumerated, which takes a minute or two. */
  readonly durationMs: number;
}

export interface SoakNews {
  readonly tally: Tally;
  readonly plansTotal: number;
  readonly cpuSeconds: number;
  /** Shrunk, each with its command. */
  readonly failures: readonly string[];
  readonly unfired: readonly string[];
  readonly over: boolean;
}

const NEWS_EVERY_MS = 2000;
/** After this many failures there is enough to look at: more are counted, not shrunk. */
const SHRUNK_MAX = 5;

const share = workerData as SoakShare;

async function soak({ share, shares, seed, durationMs }: SoakShare): Promise<void> {
  let tally = emptyTally();
  let [failures, unfired]: [string[], string[]] = [[], []];
  let shrunk = 0;
  let toldMs = performance.now();
  let cpu = process.threadCpuUsage();
  const { plans, total } = await sharedPlans(share, shares, seed);
  const tell = (over: boolean) => {
    const used = process.threadCpuUsage(cpu);
    const cpuSeconds = (used.user + used.system) / 1e6;
    const news: SoakNews = { tally, plansTotal: total, cpuSeconds, failures, unfired, over };
    parentPort?.postMessage(news);
    tally = emptyTally();
    [failures, unfired] = [[], []];
    cpu = process.threadCpuUsage();
    toldMs = performance.now();
  };
  const note = async (trial: Trial) => {
    count(tally, trial);
    if (trial.fired.length < trial.seed.planned.length) {
      unfired.push(
        ...trial.seed.planned.map(({ step, fault }) => `${trial.seed.scenario}/${step}/${fault}`),
      );
    }
    if (trial.violations.length === 0) return;
    shrunk += 1;
    failures.push(failureText(shrunk <= SHRUNK_MAX ? await shrink(trial) : trial));
  };
  const untilMs = performance.now() + durationMs;
  tell(false);
  for (let turn = 0; performance.now() < untilMs; turn += 1) {
    const planned = plans.next();
    if (!planned.done) await note(await trySeed(planned.value));
    const number = seed * 1_000_000_000 + turn * shares + share;
    await note(await trySeed(lifeSeed(RANDOM, number)));
    await note(await trySeed(lifeSeed(WIDE, number)));
    if (performance.now() - toldMs > NEWS_EVERY_MS) tell(false);
  }
  tell(true);
}

function lifeSeed(kind: string, number: number): Seed {
  return { scenario: kind, number, planned: [], commands: null, faults: null };
}

/** Every n-th plan, one scenario after the other in turns. */
async function sharedPlans(share: number, shares: number, order: number) {
  const byScenario: { readonly name: string; readonly plans: readonly Seed[] }[] = [];
  let total = 0;
  for (const scenario of allScenarios()) {
    const all = await plansOf(scenario, `soak ${order}`);
    total += all.length;
    const plans = all
      .filter((_, index) => index % shares === share)
      .map((planned) => seedOfPlan(scenario.name, [planned]));
    byScenario.push({ name: scenario.name, plans });
  }
  return { total, plans: inTurns(byScenario.map(({ plans }) => plans)) };
}

function* inTurns(lists: readonly (readonly Seed[])[]): Generator<Seed, undefined> {
  const longest = Math.max(...lists.map(({ length }) => length));
  for (let index = 0; index < longest; index += 1) {
    for (const list of lists) {
      const seed = list[index];
      if (seed !== undefined) yield seed;
    }
  }
}

await soak(share);
