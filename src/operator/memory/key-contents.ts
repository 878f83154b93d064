/**
 * What the key Secrets of a set turned out to hold, by the exact version of each, so that a Secret
 * whose metadata alone was read needs no second read. What an immutable Secret holds never changes.
 */
import { type PublicJwk, publicJwkText } from '../../core/formats/jwk.ts';
import { ANNOTATION } from '../../core/formats/names.ts';
import type { ObservedKeySecret } from '../../core/reading/model.ts';
import { BoundedMemory } from '../../platform/bounded-memory.ts';
import type { ObjectMeta } from '../../platform/kube/resource.ts';

/** The maximum number of them, of one set. */
export const CONTENTS_MAX = 1000;

/** Of the Secret's type, too: it never changes, and is not in the metadata. */
export type Held = Pick<ObservedKeySecret, 'typeFits' | 'content'>;

export class KeyContents {
  readonly #byVersion = new BoundedMemory<Held>(CONTENTS_MAX);
  readonly #names = new BoundedMemory<true>(CONTENTS_MAX);

  /** Whether a Secret of this name was read before, so that its metadata may be enough. */
  knows(name: string): boolean {
    return this.#names.get(name) === true;
  }

  /**
   * What this version of a Secret holds; null if it was not read before.
   * @param expected the JWK that the ledger has for it
   */
  find(metadata: ObjectMeta, expected: PublicJwk | null): Held | null {
    return (
      this.#byVersion.get(versionOf(metadata, expected, true)) ??
      this.#byVersion.get(versionOf(metadata, expected, false)) ??
      null
    );
  }

  remember(
    metadata: ObjectMeta,
    expected: PublicJwk | null,
    isImmutable: boolean,
    held: Held,
  ): void {
    this.#byVersion.set(versionOf(metadata, expected, isImmutable), held);
    this.#names.set(metadata.name ?? '', true);
  }
}

function versionOf(
  { uid, resourceVersion, annotations }: ObjectMeta,
  expected: PublicJwk | null,
  isImmutable: boolean,
): string {
  const version = isImmutable ? 'immutable' : resourceVersion;
  const expectedText = expected === null ? '' : publicJwkText(expected);
  return `${uid}/${version}/${annotations?.[ANNOTATION.publicJwk] ?? ''}/${expectedText}`;
}
