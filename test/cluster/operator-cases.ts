/** What tests of the real operator have in common: a fast set, and looks at its objects. */
import type { Status } from '../../src/core/status.ts';
import { waitFor } from '../support/wait-for.ts';
import { setsIn } from './sets.ts';
import { request } from './shared-control-plane.ts';

export { FAST_SPEC } from '../support/fast-spec.ts';

export interface SeenSecret {
  readonly type: string;
  readonly immutable: boolean;
  /** Decoded. */
  readonly text: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface StoredObject {
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Looks until it holds; ten times as long as it should take. */
export function eventually<Value>(
  describe: string,
  look: () => Promise<Value | false | null | undefined>,
  timeoutMs = 30_000,
): Promise<Value> {
  return waitFor(look, { describe, timeoutMs, intervalMs: 100 });
}

export function inNamespace(namespace: string) {
  const read = async (plural: string, name: string): Promise<StoredObject | null> => {
    const path = `/api/v1/namespaces/${namespace}/${plural}/${name}`;
    const { status, body } = await request({ method: 'GET', path });
    return status === 200 ? (body as StoredObject) : null;
  };
  const statusOf = async (set: string): Promise<Status> => {
    const answer = await setsIn(namespace).read(set);
    return answer.status === 200 ? (answer.set.status as Status) : {};
  };
  return {
    statusOf,
    /** States by ordinal, such as `#1 Retiring, #2 Active`. */
    keys: async (set: string): Promise<string> => {
      const { keys = [] } = await statusOf(set);
      return keys.map(({ ordinal, state }) => `#${ordinal} ${state}`).join(', ');
    },
    configMap: async (name: string) => {
      const object = await read('configmaps', name);
      return object === null ? null : { data: object.data ?? {} };
    },
    secret: async (name: string): Promise<SeenSecret | null> => {
      const object = await read('secrets', name);
      if (object === null) return null;
      const entries = Object.entries(object.data ?? {});
      return {
        type: object.type ?? '',
        immutable: object.immutable === true,
        text: Object.fromEntries(
          entries.map(([file, value]) => [file, Buffer.from(value, 'base64').toString()]),
        ),
        labels: object.metadata.labels ?? {},
        annotations: object.metadata.annotations ?? {},
      };
    },
  };
}
