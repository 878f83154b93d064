/**
 * Pods that read the signer Secret once, according to whoever made them, and not as an operator would
 * find out from their specs: from the moment that a container starts until the pod is gone.
 */
import { child, type JsonObject, metadataOf, text } from '../../../fake-api/json/json.ts';
import type { Change } from '../../record/history.ts';

/** On a pod: its container keeps what it read at startup. */
export const READS_ONCE = { key: 'simulator/reads', value: 'once' } as const;
/**
 * An API server whose clock is off by more than S puts a wrong date on what it creates, and nothing
 * corrects that date. Nobody can tell how old such a pod is, so nothing is promised about its tokens
 * (docs/safety.md).
 */
const MISDATED_MS = 5000;
/** On a pod: when its container read the Secret, in milliseconds of the true time. */
export const READ_AT = 'simulator/read-at';

export interface ReadingPod {
  readonly name: string;
  readonly readsMs: number;
  readonly endMs: number;
}

export function readingPods(changes: readonly Change[]): readonly ReadingPod[] {
  const found: ReadingPod[] = [];
  const reading = new Map<string, number>();
  const close = (name: string, endMs: number) => {
    const readsMs = reading.get(name);
    if (readsMs !== undefined) found.push({ name, readsMs, endMs });
    reading.delete(name);
  };
  const misdated = new Set<string>();
  for (const { resource, name, atMs, before, after } of changes) {
    if (resource !== 'pods') continue;
    if (before === null && after !== null && isMisdated(after, atMs)) misdated.add(name);
    if (after === null) misdated.delete(name);
    const readsMs = after === null || misdated.has(name) ? null : readAtMs(after);
    if (readsMs === reading.get(name)) continue;
    // Its container was started again, or has ended.
    close(name, atMs);
    if (readsMs !== null) reading.set(name, readsMs);
  }
  for (const name of [...reading.keys()]) close(name, Number.POSITIVE_INFINITY);
  return found;
}

function isMisdated(pod: JsonObject, atMs: number): boolean {
  const createdMs = Date.parse(text(metadataOf(pod), 'creationTimestamp'));
  return Math.abs(createdMs - atMs) > MISDATED_MS;
}

function readAtMs(pod: JsonObject): number | null {
  const annotations = child(metadataOf(pod), 'annotations');
  const isOnce = text(annotations, READS_ONCE.key) === READS_ONCE.value;
  const at = text(annotations, READ_AT);
  // If its kubelet is cut off, nobody hears that it runs.
  const hasEnded = /^(?:Succeeded|Failed)$/.test(text(child(pod, 'status'), 'phase'));
  return isOnce && at !== '' && !hasEnded ? Number(at) : null;
}
