/** Clients that expect an answer while others are hostile: verifiers and a kubelet. */
import { get } from 'node:http';

/** What one kind of client saw. */
export interface Seen {
  readonly asked: number;
  readonly failed: number;
  readonly worstMs: number;
}

/**
 * Asks for a URL on a new connection each time, one request after the other, until the signal aborts.
 * @param timeoutMs after it a request has failed
 */
export async function askUntil(
  signal: AbortSignal,
  url: string,
  intervalMs: number,
  timeoutMs: number,
): Promise<Seen> {
  let asked = 0;
  let failed = 0;
  let worstMs = 0;
  while (!signal.aborted) {
    const beganMs = performance.now();
    const isOk = await isAnswered(url, timeoutMs);
    // A request that the end of the load met half-way says nothing.
    if (signal.aborted && !isOk) break;
    asked++;
    if (!isOk) failed++;
    worstMs = Math.max(worstMs, performance.now() - beganMs);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  return { asked, failed, worstMs: Math.round(worstMs) };
}

function isAnswered(url: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = get(url, { agent: false, signal }, (incoming) => {
      incoming.on('error', () => resolve(false));
      incoming.on('end', () => resolve(incoming.statusCode === 200));
      incoming.resume();
    });
    outgoing.on('error', () => resolve(false));
  });
}
