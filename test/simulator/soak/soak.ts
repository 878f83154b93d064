/** All plans and random lives without end, on every core, until time is up. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { allScenarios } from '../language/scenario-files.ts';
import { addTally, emptyTally } from '../run/report.ts';
import type { SoakNews, SoakShare } from './soak-worker.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
}

const PROGRESS_EVERY_MS = 10_000;
/** Of what did not fire, so much is listed. */
const UNFIRED_SHOWN_MAX = 20;

export interface SoakEnd {
  /** Plans fired, and no promise was broken. */
  readonly isClean: boolean;
  /** One line of JSON. */
  readonly summary: string;
}

export async function soak(
  { minutes, seed }: SoakOptions,
  print: (text: string) => void,
): Promise<SoakEnd> {
  const shares = availableParallelism();
  const startMs = performance.timeOrigin + performance.now();
  print('each scenario runs once, to enumerate all plans');
  const tally = emptyTally();
  const unfired: string[] = [];
  let [plansTotal, cpuSeconds, toldMs] = [0, 0, startMs];
  const take = (news: SoakNews) => {
    addTally(tally, news.tally);
    plansTotal = news.plansTotal;
    cpuSeconds += news.cpuSeconds;
    unfired.push(...news.unfired);
    for (const failure of news.failures) print(`\nFAILED ${failure}\n`);
    const nowMs = performance.timeOrigin + performance.now();
    if (nowMs - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = nowMs;
    print(progressText(Math.round((nowMs - startMs) / 1000), tally, plansTotal));
  };
  const threads = Array.from({ length: shares }, (_, share) =>
    runShare({ share, shares, seed, durationMs: minutes * 60_000 }, take),
  );
  await Promise.all(threads);
  for (const each of unfired.slice(0, UNFIRED_SHOWN_MAX)) print(`unfired ${each}`);
  const runs = tally.plansFired + tally.randomLives + tally.randomLivesTooShort;
  const figures = {
    scenarios: allScenarios().length,
    plansTotal,
    ...tally,
    plansPerCpuSecond: Number((runs / cpuSeconds).toFixed(1)),
    cpuSeconds: Math.round(cpuSeconds),
  };
  const durationMs = Math.round(performance.timeOrigin + performance.now() - startMs);
  if (tally.plansFired === 0) print('nothing was tried: give it more minutes');
  return {
    isClean: tally.violations === 0 && tally.plansFired > 0,
    summary: JSON.stringify({ suite: 'soak', seed, durationMs, figures }),
  };
}

function progressText(
  seconds: number,
  tally: ReturnType<typeof emptyTally>,
  plansTotal: number,
): string {
  const { plansFired, plansUnfired, randomLives, violations } = tally;
  return `${seconds}s: ${plansFired} of ${plansTotal} plans fired, ${plansUnfired} did not, ${randomLives} random lives, ${violations} failed`;
}

function runShare(workerData: SoakShare, take: (news: SoakNews) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./soak-worker.ts', import.meta.url), { workerData });
    worker.on('message', take);
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a thread of the soak ended with ${code}`));
    });
  });
}
