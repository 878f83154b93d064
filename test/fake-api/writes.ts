/** Create, update and delete: what the API server checks, fills in and refuses. */
import {
  isObject,
  type JsonObject,
  metadataOf,
  nameOf,
  namespaceOf,
  same,
  text,
  texts,
  withMetadata,
  without,
} from './json/json.ts';
import { keyOf, type Store } from './store.ts';
import { trackUpdate } from './types/managed-fields.ts';
import { type ResourceType, storageOf } from './types/resource-types.ts';
import {
  alreadyExists,
  conflict,
  failure,
  invalid,
  MODIFIED,
  notFound,
  terminating,
} from './types/status-error.ts';
import { validateMetadata } from './types/validate-metadata.ts';

export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly subresource: string;
  /** A PATCH that changes the uid is invalid; a PUT with another uid is a conflict. */
  readonly patch: boolean;
}

/** What the server draws for itself, and what its admission makes of a write. */
export interface ServerMeans {
  /** As mutating admission does it: after the record of who set which field, before validation. */
  admit(type: ResourceType, object: JsonObject, subresource: string): JsonObject;
  /** RFC 3339 in whole seconds, by the server's clock. */
  now(): string;
  uid(): string;
  suffix(): string;
}

/** What only the server sets: a client's values are ignored. */
const SERVER_OWNED = [
  'uid',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generateName',
];

export class Writes {
  readonly #store: Store;
  readonly #means: ServerMeans;

  constructor(store: Store, means: ServerMeans) {
    this.#store = store;
    this.#means = means;
  }

  /** @throws StatusError 403, 404, 409, 422, 500. */
  create(type: ResourceType, sent: JsonObject, options: WriteOptions): JsonObject {
    const named = this.#named(sent);
    this.#checkNamespace(type, named);
    if (text(metadataOf(named), 'resourceVersion') !== '') {
      throw failure(500, '', 'resourceVersion should not be set on objects to be created');
    }
    const own = type.statusSubresource ? without(named, 'status') : named;
    const managedFields = trackUpdate(type, null, own, this.#writer(options));
    const whole = withMetadata(type.prepare?.(own, null) ?? own, {
      uid: this.#means.uid(),
      creationTimestamp: this.#means.now(),
      deletionTimestamp: null,
      deletionGracePeriodSeconds: null,
      managedFields: managedFields.length === 0 ? null : managedFields,
      ...(type.generation ? { generation: 1 } : {}),
    });
    const object = this.#means.admit(type, whole, '');
    validate(type, object, null);
    const existing = this.#store.get(storageOf(type), keyOf(object));
    if (existing) throw alreadyExists(type, nameOf(object), isDeleting(existing));
    return options.dryRun ? object : this.#store.commit(storageOf(type), object);
  }

  /**
   * Replaces an object, or its status. A write that changes nothing keeps its resourceVersion.
   * @throws StatusError 404, 409, 422, 500.
   */
  update(type: ResourceType, sent: JsonObject, options: WriteOptions): JsonObject {
    const live = this.#store.get(storageOf(type), keyOf(sent));
    if (!live) {
      if (type.createOnPut && !options.patch) return this.create(type, sent, options);
      throw notFound(type, nameOf(sent));
    }
    checkIdentity(type, live, sent, options.patch);
    const managedFields = trackUpdate(type, live, sent, this.#writer(options));
    const sentAsMerged = withMetadata(merge(type, live, sent, options.subresource), {
      managedFields: managedFields.length === 0 ? null : managedFields,
    });
    const merged = this.#means.admit(type, sentAsMerged, options.subresource);
    const next = grown(type, live, merged);
    validate(type, next, live);
    if (same(withoutTimes(next), withoutTimes(live))) return live;
    if (options.dryRun) return next;
    return this.#settle(type, next);
  }

  /**
   * Deletes, or marks as deleting where finalizers hold the object.
   * @returns the object if it is still there, null if it is gone.
   * @throws StatusError 404, 409.
   */
  delete(
    type: ResourceType,
    key: { readonly namespace: string; readonly name: string },
    wish: JsonObject,
    dryRun: boolean,
  ): { readonly live: JsonObject; readonly left: JsonObject | null } {
    const live = this.#store.get(storageOf(type), `${key.namespace}/${key.name}`);
    if (!live) throw notFound(type, key.name);
    checkPreconditions(type, live, wish);
    const marked = this.#marked(live, wish);
    if (isHeld(marked)) {
      if (dryRun || same(marked, live)) return { live, left: marked };
      return { live, left: this.#store.commit(storageOf(type), marked) };
    }
    if (!dryRun) this.#store.remove(storageOf(type), keyOf(live));
    return { live, left: null };
  }

  /** The namespace controller's last word: empties `spec.finalizers`. */
  finalize(type: ResourceType, name: string, spec: JsonObject): JsonObject {
    const live = this.#store.get(storageOf(type), `/${name}`);
    if (!live) throw notFound(type, name);
    return this.#settle(type, { ...live, spec });
  }

  /** The last finalizer's removal deletes: then nothing is stored, not even this change. */
  #settle(type: ResourceType, next: JsonObject): JsonObject {
    if (!isDeleting(next) || isHeld(next)) return this.#store.commit(storageOf(type), next);
    this.#store.remove(storageOf(type), keyOf(next));
    return next;
  }

  #marked(live: JsonObject, wish: JsonObject): JsonObject {
    const policy = text(wish, 'propagationPolicy');
    const added =
      policy === 'Foreground' ? 'foregroundDeletion' : policy === 'Orphan' ? 'orphan' : '';
    const had = texts(metadataOf(live), 'finalizers');
    const finalizers = added === '' || had.includes(added) ? had : [...had, added];
    const held = finalizers.length === 0 ? live : withMetadata(live, { finalizers });
    if (isDeleting(held) || !isHeld(held)) return held;
    const generation = metadataOf(held)['generation'];
    const isNamespace = live['kind'] === 'Namespace';
    const marked = withMetadata(held, {
      deletionTimestamp: this.#means.now(),
      ...(isNamespace ? {} : { deletionGracePeriodSeconds: 0 }),
      ...(typeof generation === 'number' ? { generation: generation + 1 } : {}),
    });
    return isNamespace ? { ...marked, status: { phase: 'Terminating' } } : marked;
  }

  #named(sent: JsonObject): JsonObject {
    const prefix = text(metadataOf(sent), 'generateName');
    if (nameOf(sent) !== '' || prefix === '') return sent;
    return withMetadata(sent, { name: `${prefix}${this.#means.suffix()}` });
  }

  #checkNamespace(type: ResourceType, object: JsonObject): void {
    if (!type.namespaced) return;
    const namespace = this.#store.get('/namespaces', `/${namespaceOf(object)}`);
    if (!namespace) {
      throw notFound({ ...type, group: '', plural: 'namespaces' }, namespaceOf(object));
    }
    if (isDeleting(namespace)) throw terminating(type, nameOf(object), namespaceOf(object));
  }

  #writer(options: WriteOptions) {
    return {
      manager: options.manager,
      subresource: options.subresource,
      time: this.#means.now(),
    };
  }
}

function isDeleting(object: JsonObject): boolean {
  return metadataOf(object)['deletionTimestamp'] !== undefined;
}

function isHeld(object: JsonObject): boolean {
  if (texts(metadataOf(object), 'finalizers').length > 0) return true;
  const spec = object['spec'];
  if (object['kind'] !== 'Namespace' || typeof spec !== 'object' || spec === null) return false;
  return !Array.isArray(spec) && texts(spec, 'finalizers').length > 0;
}

function validate(type: ResourceType, object: JsonObject, live: JsonObject | null): void {
  const causes = [
    ...validateMetadata(type, object, live),
    ...(type.validate?.(object, live) ?? []),
  ];
  if (causes.length > 0) throw invalid(type, nameOf(object), causes);
}

function checkIdentity(
  type: ResourceType,
  live: JsonObject,
  sent: JsonObject,
  patch: boolean,
): void {
  const name = nameOf(live);
  const [wanted, has] = [metadataOf(sent), metadataOf(live)];
  const uid = text(wanted, 'uid');
  const isOther = uid !== '' && uid !== has['uid'];
  if (isOther && !patch) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${String(has['uid'])}`;
    throw conflict(type, name, why);
  }
  const version = text(wanted, 'resourceVersion');
  if (version === '' && type.versionRequired) {
    const message = 'Invalid value: 0: must be specified for an update';
    const field = 'metadata.resourceVersion';
    throw invalid({ ...type, kind: type.plural }, name, [
      { reason: 'FieldValueInvalid', field, message },
    ]);
  }
  if (version !== '' && !/^\d+$/.test(version)) {
    throw failure(500, '', `strconv.ParseUint: parsing "${version}": invalid syntax`);
  }
  if (version !== '' && version !== has['resourceVersion']) throw conflict(type, name, MODIFIED);
  if (!isOther) return;
  const message = `Invalid value: "${uid}": field is immutable`;
  throw invalid(type, name, [{ reason: 'FieldValueInvalid', field: 'metadata.uid', message }]);
}

function checkPreconditions(type: ResourceType, live: JsonObject, wish: JsonObject): void {
  const preconditions = (wish['preconditions'] ?? {}) as JsonObject;
  for (const key of ['uid', 'resourceVersion']) {
    const wanted = preconditions[key];
    const found = metadataOf(live)[key];
    if (wanted === undefined || wanted === null || wanted === found) continue;
    // Here the real server names the kind; elsewhere it names the resource.
    throw conflict(
      { ...type, plural: type.kind },
      nameOf(live),
      `the ${key === 'uid' ? 'UID' : 'ResourceVersion'} in the precondition (${String(wanted)}) does not match the one in record (${String(found)}). The object might have been ${key === 'uid' ? 'deleted and then recreated' : 'modified'}`,
    );
  }
}

/** What the door lets through: a status door the status, the main one all but the status. */
function merge(
  type: ResourceType,
  live: JsonObject,
  sent: JsonObject,
  subresource: string,
): JsonObject {
  if (subresource === 'status') {
    const { status, ...rest } = { ...live, status: sent['status'] };
    return status === undefined ? rest : { ...rest, status };
  }
  const owned = Object.fromEntries(SERVER_OWNED.map((k) => [k, metadataOf(live)[k] ?? null]));
  const version = metadataOf(live)['resourceVersion'] ?? '';
  const next = withMetadata(sent, { ...owned, resourceVersion: version });
  if (!type.statusSubresource) return type.prepare?.(next, live) ?? next;
  const { status } = live;
  return status === undefined ? without(next, 'status') : { ...next, status };
}

/** Who wrote when is no change by itself: admission may have undone all else. */
function withoutTimes(object: JsonObject): JsonObject {
  const { managedFields } = metadataOf(object);
  if (!Array.isArray(managedFields)) return object;
  const entries = managedFields.map((entry) => (isObject(entry) ? without(entry, 'time') : entry));
  return withMetadata(object, { managedFields: entries });
}

/** A generation grows with every change outside metadata and status. */
function grown(type: ResourceType, live: JsonObject, next: JsonObject): JsonObject {
  if (!type.generation) return next;
  const [a, b] = [live, next].map((object) => without(object, 'metadata', 'status'));
  if (same(a, b)) return next;
  return withMetadata(next, { generation: Number(metadataOf(live)['generation'] ?? 0) + 1 });
}
