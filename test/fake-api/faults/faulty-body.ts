import type { Clock } from '../../../src/platform/clock.ts';
import { TransportError } from '../../../src/platform/kube/transport.ts';
import type { JsonObject } from '../json/json.ts';
import { failure } from '../types/status-error.ts';
import type { WatchFault, WatchLine } from './fault.ts';

/** Only the first bytes; then an error, or silently the end. */
export async function* truncated(
  body: AsyncIterable<Uint8Array>,
  cut: { readonly bytes: number; readonly silent: boolean },
): AsyncGenerator<Uint8Array> {
  let left = cut.bytes;
  for await (const chunk of body) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) break;
  }
  if (!cut.silent) throw new TransportError('TRUNCATED', 'cut off by the fault plan');
}

/** A watch whose lines are dropped, doubled or late, or that one of them ends. */
export async function* faultyLines(
  body: AsyncIterable<Uint8Array>,
  judge: (line: WatchLine) => WatchFault,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let index = 0;
  for await (const line of linesOf(body)) {
    const { type, object } = JSON.parse(line);
    const fault = judge({ index, type, name: object?.metadata?.name ?? '' });
    index += 1;
    if (fault === 'drop') continue;
    if (fault === 'break') throw new TransportError('ECONNRESET', 'broken by the fault plan');
    if (fault === 'end') return;
    if (fault === 'gone') {
      yield Buffer.from(`${JSON.stringify({ type: 'ERROR', object: expired() })}\n`);
      return;
    }
    if (typeof fault === 'object') {
      await clock.sleepUntil(clock.monotonicMs() + fault.delayMs, signal);
    }
    yield Buffer.from(`${line}\n`);
    if (fault === 'double') yield Buffer.from(`${line}\n`);
  }
}

function expired(): JsonObject {
  return failure(410, 'Expired', 'too old resource version: by the fault plan').body;
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split('\n');
    text = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
