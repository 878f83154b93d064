import { type KubeObject, refText } from '../kube/resource.ts';

/** What a reflector believes to be there. `namespace` is empty for types without one. */
export interface ReadonlyObjectStore {
  get(namespace: string, name: string): KubeObject | undefined;
  values(): IterableIterator<KubeObject>;
  readonly size: number;
}

/** Something came, changed or went. A name used again for a new object is a delete, then an upsert. */
export interface ObjectEvent {
  readonly type: 'upsert' | 'delete';
  /** Empty for types that are not namespaced. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** As it is in the store; at a `delete` as it last was. */
  readonly object: KubeObject;
}

/** Objects by name, each with the events that a change of it amounts to. */
export class ObjectStore implements ReadonlyObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  readonly #transform: (object: KubeObject) => KubeObject;

  constructor(transform: (object: KubeObject) => KubeObject) {
    this.#transform = transform;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(refText(namespace, name));
  }

  values(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Nothing, where that very version is there already. */
  put(given: KubeObject): ObjectEvent[] {
    const key = keyOf(given);
    const old = this.#objects.get(key);
    if (old !== undefined && uidOf(old) === uidOf(given)) {
      if (old.metadata.resourceVersion === given.metadata.resourceVersion) return [];
    }
    const object = this.#transform(given);
    this.#objects.set(key, object);
    const replaced = old !== undefined && uidOf(old) !== uidOf(given);
    return [...(replaced ? [eventOf('delete', old)] : []), eventOf('upsert', object)];
  }

  /** Nothing, where it is not there, or another object of its name is. */
  remove(given: KubeObject): ObjectEvent[] {
    const key = keyOf(given);
    const old = this.#objects.get(key);
    if (old === undefined || uidOf(old) !== uidOf(given)) return [];
    this.#objects.delete(key);
    return [eventOf('delete', old)];
  }

  /** Makes the store equal to a list. */
  replaceAll(objects: readonly KubeObject[]): ObjectEvent[] {
    const listed = new Set(objects.map(keyOf));
    const events: ObjectEvent[] = [];
    for (const [key, old] of this.#objects) {
      if (!listed.has(key)) events.push(...this.remove(old));
    }
    for (const object of objects) events.push(...this.put(object));
    return events;
  }
}

function keyOf({ metadata }: KubeObject): string {
  return refText(metadata.namespace, metadata.name ?? '');
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? '';
}

function eventOf(type: 'upsert' | 'delete', object: KubeObject): ObjectEvent {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    type,
    namespace: namespace ?? '',
    name: name ?? '',
    uid: uid ?? '',
    resourceVersion: resourceVersion ?? '',
    object,
  };
}
