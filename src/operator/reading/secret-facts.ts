/**
 * What Secrets turn out to hold, without the key material itself: the only place of the operator
 * that looks into a Secret, beside the one that copies a key into the signer.
 */

import { isRecord } from '../../core/formats/is-record.ts';
import {
  kindOfJwk,
  type PublicJwk,
  parsePublicJwk,
  publicJwkText,
} from '../../core/formats/jwk.ts';
import { ANNOTATION } from '../../core/formats/names.ts';
import type { KeyContent, SignerContent } from '../../core/reading/model.ts';
import { BoundedMemory } from '../../platform/bounded-memory.ts';
import { thumbprint } from '../../platform/keys/key-material.ts';
import { KeyVerdicts } from '../../platform/keys/key-verdicts.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

const FACTS_MAX = 20_000;

/**
 * Judges Secrets. Of key Secrets the verdict is remembered by the very version of the object, so that
 * one whose metadata alone was read needs no second read. An immutable Secret's verdict never changes.
 */
export class SecretFacts {
  readonly #verdicts = new KeyVerdicts();
  readonly #keys = new BoundedMemory<KeyContent>(FACTS_MAX);

  /** A verdict from before, for a Secret of which only the metadata was read. */
  knownKey(metadata: KubeObject['metadata'], expected: PublicJwk | null): KeyContent | null {
    return (
      this.#keys.get(keyOf(metadata, expected, true)) ??
      this.#keys.get(keyOf(metadata, expected, false)) ??
      null
    );
  }

  /**
   * @param expected the ledger's JWK for it, which is tried before its own annotation: a hand
   * that edits the annotation makes a sound key neither lost nor another.
   */
  judgeKey(secret: KubeObject, expected: PublicJwk | null): KeyContent {
    const candidates = [expected, annotatedJwk(secret.metadata)].filter((jwk) => jwk !== null);
    const verdicts = candidates.map((jwk) => judgeKeySecret(this.#verdicts, secret, jwk));
    const content = verdicts.find(({ kind }) => kind === 'Key') ?? verdicts[0] ?? WITHOUT_JWK;
    this.#keys.set(keyOf(secret.metadata, expected, secret['immutable'] === true), content);
    return content;
  }

  judgeSigner(secret: KubeObject): SignerContent {
    return judgeSignerSecret(this.#verdicts, secret);
  }
}

const WITHOUT_JWK: KeyContent = {
  kind: 'Broken',
  problem: `it has no ${ANNOTATION.publicJwk} annotation`,
};

function judgeKeySecret(verdicts: KeyVerdicts, secret: KubeObject, jwk: PublicJwk): KeyContent {
  const verdict = verdicts.ofKey(dataOf(secret), jwk);
  if ('problem' in verdict) return { kind: 'Broken', problem: verdict.problem };
  return {
    kind: 'Key',
    kid: jwk.kid,
    kidIsThumbprint: thumbprint(jwk) === jwk.kid,
    publicJwk: jwk,
    keyKind: kindOfJwk(jwk),
  };
}

function judgeSignerSecret(verdicts: KeyVerdicts, secret: KubeObject): SignerContent {
  const verdict = verdicts.ofSigner(dataOf(secret));
  if ('empty' in verdict) return { kind: 'Empty' };
  if ('problem' in verdict) return { kind: 'Broken', problem: verdict.problem };
  const { publicJwk } = verdict;
  return { kind: 'Key', kid: publicJwk.kid, publicJwk, keyKind: kindOfJwk(publicJwk) };
}

function annotatedJwk({ annotations }: KubeObject['metadata']): PublicJwk | null {
  const text = annotations?.[ANNOTATION.publicJwk];
  if (text === undefined) return null;
  try {
    const jwk = parsePublicJwk(JSON.parse(text));
    return 'problem' in jwk ? null : jwk;
  } catch {
    return null;
  }
}

/** Values of a Secret, in base64. */
export function dataOf(secret: KubeObject): Readonly<Record<string, string>> {
  const data = secret['data'];
  return isRecord(data) ? (data as Record<string, string>) : {};
}

function keyOf(
  { uid, resourceVersion, annotations }: KubeObject['metadata'],
  expected: PublicJwk | null,
  isImmutable: boolean,
): string {
  const version = isImmutable ? 'immutable' : resourceVersion;
  const expectedText = expected === null ? '' : publicJwkText(expected);
  return `${uid}/${version}/${annotations?.[ANNOTATION.publicJwk] ?? ''}/${expectedText}`;
}
