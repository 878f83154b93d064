/** Several explorations on every core, until all are done or time is up. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Bounds, boundsText } from './bounds.ts';
import { type Report, sumOf } from './explore.ts';
import type { News, Order } from './explore-worker.ts';

export interface Task {
  readonly all: readonly Bounds[];
  readonly minutes: number;
  readonly depthMax: number;
}

export interface End {
  readonly isClean: boolean;
  /** One line of JSON. */
  readonly summary: string;
}

interface Explored extends Report {
  readonly of: Bounds;
}

/** A level of a large exploration takes minutes: its first states say that it goes on. */
const PROGRESS_EVERY_MS = 10_000;

export async function exploreAll(
  { all, minutes, depthMax }: Task,
  print: (text: string) => void,
): Promise<End> {
  const startMs = performance.now();
  const untilMs = startMs + minutes * 60_000;
  const waiting = [...all];
  const explored: Explored[] = [];
  const threads = Array.from({ length: availableParallelism() }, async () => {
    const worker = new Worker(new URL('./explore-worker.ts', import.meta.url));
    for (let of = waiting.shift(); of !== undefined; of = waiting.shift()) {
      const durationMs = untilMs - performance.now();
      if (durationMs <= 0) break;
      const report = await ordered(worker, { of, durationMs, depthMax }, print);
      explored.push({ ...report, of });
      print(`${boundsText(of)}: ${outcomeText(report)}`);
      for (const finding of report.findings) print(`\nFOUND ${finding}\n`);
    }
    await worker.terminate();
  });
  await Promise.all(threads);
  return endOf(explored, all.length, performance.now() - startMs);
}

async function ordered(
  worker: Worker,
  order: Order,
  print: (text: string) => void,
): Promise<Report> {
  worker.postMessage(order);
  let toldMs = performance.now();
  for (;;) {
    const [news] = (await once(worker, 'message')) as [News];
    if ('report' in news) return news.report;
    const nowMs = performance.now();
    if (nowMs - toldMs < PROGRESS_EVERY_MS) continue;
    toldMs = nowMs;
    const { states, depth, width } = news.progress;
    print(`${boundsText(order.of)}: ${states} states, ${width} of them at depth ${depth}`);
  }
}

function outcomeText({ figures: { states, depth, open, ms }, findings }: Report): string {
  const extent = open === 0 ? 'all' : `not all (${open} left open)`;
  const found = findings.length === 0 ? 'nothing' : `${findings.length} kinds of violations`;
  return `${extent} ${states} states to depth ${depth} in ${Math.round(ms / 1000)} s, found ${found}`;
}

function endOf(explored: readonly Explored[], asked: number, ms: number): End {
  const figures = sumOf(explored.map((each) => each.figures));
  const wholly = explored.filter((each) => each.figures.open === 0).map(({ of }) => boundsText(of));
  const summary = JSON.stringify({
    suite: 'explore',
    durationMs: Math.round(ms),
    figures: { ...figures, bounds: asked, wholly },
  });
  return { isClean: explored.every(({ findings }) => findings.length === 0), summary };
}
