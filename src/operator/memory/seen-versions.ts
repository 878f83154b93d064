/**
 * Which versions of a set's objects the last complete pass has read live. A watch event for one of
 * these versions (the echo of the operator's own writes) asks for no further pass.
 */
import type { Observed } from '../../core/reading/model.ts';
import type { ObjectEvent } from '../../platform/reflector/object-store.ts';

export class SeenVersions {
  #versions: ReadonlySet<string> = new Set();

  remember({ set, signer, jwks, keySecrets }: Observed): void {
    const objects = [
      { uid: set.ref.uid, resourceVersion: set.resourceVersion },
      ...[signer, jwks, ...keySecrets].flatMap((object) => (object === null ? [] : [object.meta])),
    ];
    this.#versions = new Set(objects.map(versionOf));
  }

  /** A deletion is always news. */
  knows(event: ObjectEvent): boolean {
    return event.type === 'upsert' && this.#versions.has(versionOf(event));
  }
}

function versionOf({ uid, resourceVersion }: { uid: string; resourceVersion: string }): string {
  return `${uid}/${resourceVersion}`;
}
