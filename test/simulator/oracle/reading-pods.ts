/**
 * Pods that read the signer Secret once, as whoever made them says, and not as an operator would
 * find out from their specs: from the moment a container is on its way until the pod is gone.
 */
import { child, type JsonObject, metadataOf, text } from '../../fake-api/json.ts';
import type { Change } from '../history.ts';

/** On a pod: that its container keeps what it read at its start. */
export const READS_ONCE = { key: 'simulator/reads', value: 'once' } as const;
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
  for (const { resource, name, atMs, after } of changes) {
    if (resource !== 'pods') continue;
    const readsMs = after === null ? null : readAtMs(after);
    if (readsMs === reading.get(name)) continue;
    // Its container was started anew, or has ended.
    close(name, atMs);
    if (readsMs !== null) reading.set(name, readsMs);
  }
  for (const name of [...reading.keys()]) close(name, Number.POSITIVE_INFINITY);
  return found;
}

function readAtMs(pod: JsonObject): number | null {
  const annotations = child(metadataOf(pod), 'annotations');
  const isOnce = text(annotations, READS_ONCE.key) === READS_ONCE.value;
  const at = text(annotations, READ_AT);
  return isOnce && at !== '' && text(child(pod, 'status'), 'phase') === 'Running'
    ? Number(at)
    : null;
}
