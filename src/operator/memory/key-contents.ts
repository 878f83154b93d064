/**
 * What the key Secrets of a set turned out to hold, by the exact version of each, so that a Secret
 * whose metadata alone was read needs no second read. What an immutable Secret holds never changes.
 */
import { type PublicJwk, publicJwkText } from '../../core/formats/jwk.ts';
import { ANNOTATION } from '../../core/formats/names.ts';
import type { KeyContent } from '../../core/reading/model.ts';
import { BoundedMemory } from '../../platform/bounded-memory.ts';
import type { ObjectMeta } from '../../platform/kube/resource.ts';

/** The maximum number of them, of one set. */
export const CONTENTS_MAX = 1000;

export class KeyContents {
  readonly #byVersion = new BoundedMemory<KeyContent>(CONTENTS_MAX);

  /**
   * What this version of a Secret holds; null if it was not read before.
   * @param expected the JWK that the ledger has for it
   */
  find(metadata: ObjectMeta, expected: PublicJwk | null): KeyContent | null {
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
    content: KeyContent,
  ): void {
    this.#byVersion.set(versionOf(metadata, expected, isImmutable), content);
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
