/** One thread of a whole exploration: explores each bound that it is sent, and sends back what it found. */
import { parentPort } from 'node:worker_threads';
import { admit } from '../../src/core/guard/guard.ts';
import { plan } from '../../src/core/plan.ts';
import type { Bounds } from './bounds.ts';
import { explore, type Report } from './explore.ts';
import type { Progress } from './search/search.ts';

export interface Order {
  readonly of: Bounds;
  /** How long it may take. */
  readonly durationMs: number;
  readonly depthMax: number;
}

export type News = { readonly report: Report } | { readonly progress: Progress };

const send = (news: News) => parentPort?.postMessage(news);

parentPort?.on('message', ({ of, durationMs, depthMax }: Order) => {
  const deadlineMs = performance.now() + durationMs;
  const tell = (progress: Progress) => send({ progress });
  send({ report: explore(of, { core: { plan, admit }, depthMax, deadlineMs, tell }) });
});
