/**
 * The watches that say which sets need a pass: on the sets, and on their Secrets and ConfigMaps. They
 * only say that something changed; no spec, key or JWKS is kept here.
 */
import { ANNOTATION, LABEL, MANAGER, ordinalOfKeySecret } from '../core/formats/names.ts';
import { parseOwner } from '../core/reading/ownership.ts';
import type { Clock } from '../platform/clock.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject, Resource } from '../platform/kube/resource.ts';
import { CONFIG_MAPS, SECRETS, SETS } from '../platform/kube/resources.ts';
import type { Log } from '../platform/log/log.ts';
import type { Random } from '../platform/random.ts';
import type { ObjectEvent } from '../platform/reflector/object-store.ts';
import { Reflector } from '../platform/reflector/reflector.ts';
import { type LeftOver, leftOverSecrets } from './left-over.ts';
import type { SetMemories } from './memory/set-memory.ts';
import { setKey } from './reading/set-name.ts';

export interface WatchesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  readonly memories: SetMemories;
  /** Called with the key of each set that needs a pass. */
  readonly onChange: (setKey: string) => void;
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #sets: readonly Reflector[];
  readonly #secrets: readonly Reflector[];
  readonly #objects: readonly Reflector[];

  constructor(options: WatchesOptions) {
    this.#options = options;
    const onSecret = (event: ObjectEvent) => this.#objectChanged(event, true);
    const onConfigMap = (event: ObjectEvent) => this.#objectChanged(event, false);
    const managed = `${LABEL.managedBy}=${MANAGER}`;
    this.#sets = this.#reflectors(SETS, null, (event) => this.#setChanged(event));
    this.#secrets = this.#reflectors(SECRETS, managed, onSecret);
    this.#objects = [...this.#secrets, ...this.#reflectors(CONFIG_MAPS, managed, onConfigMap)];
  }

  /** True once every first list is in. */
  hasSynced(): boolean {
    return [...this.#sets, ...this.#objects].every((reflector) => reflector.hasSynced());
  }

  /** Which Secrets of sets that are gone there are. None is known before the first lists are in. */
  leftOver(): readonly LeftOver[] {
    if (!this.hasSynced()) return [];
    const { namespaces } = this.#options;
    const isWatched = (namespace: string) =>
      namespaces.length === 0 || namespaces.includes(namespace);
    return leftOverSecrets(stored(this.#sets), stored(this.#secrets), isWatched);
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#sets, ...this.#objects].map((each) => each.run(signal)));
  }

  /** One for each namespace, or one for all. */
  #reflectors(
    resource: Resource,
    labelSelector: string | null,
    onEvent: (event: ObjectEvent) => void,
  ): readonly Reflector[] {
    const { client, clock, random, log, namespaces } = this.#options;
    const places = namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }));
    return places.map(
      (place) =>
        new Reflector({
          client,
          clock,
          log,
          resource,
          random: () => random.float(),
          metadataOnly: true,
          transform: slim,
          handlers: [onEvent],
          ...place,
          ...(labelSelector === null ? {} : { labelSelector }),
        }),
    );
  }

  #setChanged(event: ObjectEvent): void {
    this.#changed(setKey(event), event, false);
  }

  /** An object of a set that is not there asks for nothing. */
  #objectChanged(event: ObjectEvent, isSecret: boolean): void {
    const { namespace } = event;
    for (const name of setsOf(event.object.metadata)) {
      const isThere = this.#sets.some(({ store }) => store.get(namespace, name) !== undefined);
      const isKey = isSecret && ordinalOfKeySecret(name, event.name) !== null;
      if (isThere) this.#changed(setKey({ namespace, name }), event, isKey);
    }
  }

  /** A version that the last pass has read needs no pass. */
  #changed(key: string, event: ObjectEvent, isKeySecret: boolean): void {
    const { memories, onChange } = this.#options;
    const memory = memories.find(key);
    if (memory?.seen.knows(event) === true) return;
    if (!isKeySecret) memory?.urgency.changed(event);
    else if (event.type === 'upsert') memory?.known.shown(event.name);
    onChange(key);
  }
}

function* stored(reflectors: readonly Reflector[]): Iterable<KubeObject> {
  for (const { store } of reflectors) yield* store.values();
}

/** Only what the handlers need of an object: thousands of these are kept. */
function slim({ metadata }: KubeObject): KubeObject {
  const { namespace, name, uid, resourceVersion, labels, annotations } = metadata;
  const set = labels?.[LABEL.set];
  const owner = annotations?.[ANNOTATION.owner];
  return {
    metadata: {
      name: name ?? '',
      ...(namespace === undefined ? {} : { namespace }),
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      ...(set === undefined ? {} : { labels: { [LABEL.set]: set } }),
      ...(owner === undefined ? {} : { annotations: { [ANNOTATION.owner]: owner } }),
    },
  };
}

/** By label and by the owner annotation: someone may have changed one of them. */
function setsOf({ labels, annotations }: KubeObject['metadata']): ReadonlySet<string> {
  const names = [labels?.[LABEL.set], parseOwner({ annotations: annotations ?? {} })?.name];
  return new Set(names.filter((name) => name !== undefined));
}
