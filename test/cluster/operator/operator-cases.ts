/** What tests of the real operator have in common: a fast set, and looks at its objects. */
import type { Condition, KeyStatus, Status } from '../../../src/core/formats/status.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { setsIn } from '../sets.ts';
import { createNamespace, kubectl, request } from '../shared-control-plane.ts';
import { createOperatorAccount, startOperator } from './operator-process.ts';

export { FAST_SPEC } from '../../support/fast-spec.ts';

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

/** Looks until it holds; many times as long as it should take. */
export function eventually<Value>(
  describe: string,
  look: () => Promise<Value | false | null | undefined>,
  timeoutMs = 60_000,
): Promise<Value> {
  return waitFor(look, { describe, timeoutMs, intervalMs: 100 });
}

/** A namespace of its own, or one that the test has made, with an operator for it; both end with the test. */
export async function started(prefix: string, args: readonly string[] = [], made?: string) {
  const namespace = made ?? (await createNamespace(prefix));
  const account = await createOperatorAccount(namespace);
  const operator = startOperator({ kubeconfigPath: account.kubeconfigPath, namespace, args });
  return { namespace, account, operator, sets: setsIn(namespace), ...inNamespace(namespace) };
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
    keyStatus: async (set: string, wanted: number): Promise<KeyStatus | null> => {
      const { keys = [] } = await statusOf(set);
      return keys.find(({ ordinal }) => ordinal === wanted) ?? null;
    },
    condition: async (set: string, wanted: Condition['type']): Promise<Condition | null> => {
      const { conditions = [] } = await statusOf(set);
      return conditions.find(({ type }) => type === wanted) ?? null;
    },
    publishedKids: async (set: string): Promise<readonly string[]> => {
      const object = await read('configmaps', `${set}-jwks`);
      const { keys } = JSON.parse(object?.data?.['jwks.json'] ?? '{"keys":[]}');
      return (keys as readonly { readonly kid: string }[]).map(({ kid }) => kid);
    },
    /** What `kubectl get` prints under each of its columns; empty if it prints nothing. */
    columns: async (set: string): Promise<Readonly<Record<string, string>>> => {
      const printed = await kubectl(['get', 'sks', set, '-n', namespace, '-o', 'wide']);
      const [head = '', row = ''] = printed.split('\n');
      const starts = [...head.matchAll(/\S+(?: \S+)*/g)];
      return Object.fromEntries(
        starts.map(({ 0: name, index }, at) => [
          name,
          row.slice(index, starts[at + 1]?.index).trim(),
        ]),
      );
    },
    /** The reasons of the events so far about this set, sorted. */
    eventReasons: async (set: string): Promise<readonly string[]> => {
      const fields = `involvedObject.name=${set}`;
      const path = '-o=jsonpath={.items[*].reason}';
      const args = ['get', 'events', '-n', namespace, '--field-selector', fields, path];
      return (await kubectl(args)).split(' ').sort();
    },
    annotate: (set: string, verb: 'rotate' | 'rollback', id: string): Promise<string> =>
      kubectl([
        ...['annotate', 'sks', set, '-n', namespace, '--overwrite'],
        `signingkeys.dev/${verb}=${id}`,
      ]),
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
