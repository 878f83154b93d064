import { type KubeObject, refText } from '../kube/resource.ts';

/** The objects that a reflector knows of. `namespace` is empty for types without one. */
export interface ReadonlyObjectStore {
  get(namespace: string, name: string): KubeObject | undefined;
  values(): IterableIterator<KubeObject>;
  readonly size: number;
}

/** An object appeared, changed or is gone. A new object of the same name: a delete, then an upsert. */
export interface ObjectEvent {
  readonly type: 'upsert' | 'delete';
  /** Empty for types that are not namespaced. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** As stored. For a `delete`, as last stored. */
  readonly object: KubeObject;
}

/** Objects by name. Each change returns the events that it amounts to. */
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

  /** Adds or replaces an object. No event if exactly this version is stored already. */
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

  /** Removes an object. No event if it is not stored, or if another object of its name is. */
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
