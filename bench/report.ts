/** What a suite ends in: one line of JSON, and the same in a file under bench/results/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Figure = number | string | null | readonly number[] | Readonly<Record<string, number>>;
/** By name; the name ends in the unit. */
export type Figures = Readonly<Record<string, Figure>>;
/** @param say takes a line for people. */
export type Suite = (say: (line: string) => void) => Promise<Figures>;

const RESULTS = fileURLToPath(new URL('./results/', import.meta.url));

export function report(suite: string, figures: Figures): void {
  const [first] = cpus();
  const machine = {
    node: process.version,
    cores: cpus().length,
    cpu: first?.model ?? 'unknown',
    // Above the number of cores, others were at work as well, and times mean little.
    load1m: round(loadavg()[0] ?? 0),
  };
  const line = JSON.stringify({ suite: `bench/${suite}`, ...figures, machine });
  mkdirSync(RESULTS, { recursive: true });
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  writeFileSync(join(RESULTS, `${suite}-${stamp}.json`), `${line}\n`);
  process.stdout.write(`${line}\n`);
}

/** Of an even number of values the upper one of the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
