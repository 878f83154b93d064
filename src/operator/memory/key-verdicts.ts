/**
 * What the key Secrets of a set turned out to hold, by the very version of each, so that a Secret
 * whose metadata alone was read needs no second read. An immutable Secret's verdict never changes.
 */
import { type PublicJwk, publicJwkText } from '../../core/formats/jwk.ts';
import { ANNOTATION } from '../../core/formats/names.ts';
import type { KeyContent } from '../../core/reading/model.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** The maximum number of verdicts of one set; the oldest go first. */
export const VERDICTS_MAX = 1000;

type Metadata = KubeObject['metadata'];

export class KeyVerdicts {
  readonly #byVersion = new Map<string, KeyContent>();

  /**
   * The verdict on this version of a Secret; null if there is none yet.
   * @param expected the JWK that the ledger has for it
   */
  find(metadata: Metadata, expected: PublicJwk | null): KeyContent | null {
    return (
      this.#byVersion.get(versionOf(metadata, expected, true)) ??
      this.#byVersion.get(versionOf(metadata, expected, false)) ??
      null
    );
  }

  remember(
    metadata: Metadata,
    expected: PublicJwk | null,
    isImmutable: boolean,
    verdict: KeyContent,
  ): void {
    this.#byVersion.set(versionOf(metadata, expected, isImmutable), verdict);
    const [oldest] = this.#byVersion.keys();
    if (this.#byVersion.size > VERDICTS_MAX && oldest !== undefined) this.#byVersion.delete(oldest);
  }
}

function versionOf(
  { uid, resourceVersion, annotations }: Metadata,
  expected: PublicJwk | null,
  isImmutable: boolean,
): string {
  const version = isImmutable ? 'immutable' : resourceVersion;
  const expectedText = expected === null ? '' : publicJwkText(expected);
  return `${uid}/${version}/${annotations?.[ANNOTATION.publicJwk] ?? ''}/${expectedText}`;
}
