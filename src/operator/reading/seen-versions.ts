/**
 * Which versions of a set's objects the last complete pass has read live. A watch that tells of
 * just these (the echo of the operator's own writes) asks for no further pass.
 */
import type { Observed } from '../../core/reading/model.ts';
import type { ObjectEvent } from '../../platform/reflector/object-store.ts';

export class SeenVersions {
  readonly #bySet = new Map<string, ReadonlySet<string>>();

  remember(setKey: string, { set, signer, jwks, keySecrets }: Observed): void {
    const objects = [
      { uid: set.ref.uid, resourceVersion: set.resourceVersion },
      ...[signer, jwks, ...keySecrets].flatMap((object) => (object === null ? [] : [object.meta])),
    ];
    this.#bySet.set(setKey, new Set(objects.map(versionOf)));
  }

  forget(setKey: string): void {
    this.#bySet.delete(setKey);
  }

  /** A deletion is always news. */
  knows(setKey: string, event: ObjectEvent): boolean {
    return event.type === 'upsert' && this.#bySet.get(setKey)?.has(versionOf(event)) === true;
  }
}

function versionOf({ uid, resourceVersion }: { uid: string; resourceVersion: string }): string {
  return `${uid}/${resourceVersion}`;
}
