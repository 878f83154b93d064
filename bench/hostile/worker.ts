/** A load in a thread of its own, so that it does not slow what the honest clients measure. */
import { parentPort, workerData } from 'node:worker_threads';
import { type LoadName, type LoadTarget, load } from './loads.ts';

const { name, target } = workerData as { readonly name: LoadName; readonly target: LoadTarget };
const stopped = new AbortController();
parentPort?.once('message', () => {
  stopped.abort();
  parentPort?.close();
});
await load(name, target, stopped.signal);
