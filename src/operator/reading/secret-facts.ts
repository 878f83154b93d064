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
import { thumbprint } from '../../platform/keys/key-material.ts';
import { keyVerdict, signerVerdict } from '../../platform/keys/key-verdicts.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** More than this many verdicts are not remembered; the oldest go first. */
export const FACTS_MAX = 20_000;

/**
 * Verdicts by the very version of an object, so that a Secret whose metadata alone was read needs
 * no second read. An immutable Secret's verdict never changes.
 */
export class SecretFacts {
  readonly #keys = new Map<string, KeyContent>();
  readonly #signers = new Map<string, SignerContent>();

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
    const verdicts = candidates.map((jwk) => judgeKeySecret(secret, jwk));
    const content = verdicts.find(({ kind }) => kind === 'Key') ?? verdicts[0] ?? WITHOUT_JWK;
    remember(this.#keys, keyOf(secret.metadata, expected, secret['immutable'] === true), content);
    return content;
  }

  judgeSigner(secret: KubeObject): SignerContent {
    const key = `${secret.metadata.uid}/${secret.metadata.resourceVersion}`;
    const known = this.#signers.get(key);
    if (known !== undefined) return known;
    const content = judgeSignerSecret(secret);
    remember(this.#signers, key, content);
    return content;
  }
}

const WITHOUT_JWK: KeyContent = {
  kind: 'Broken',
  problem: `it has no ${ANNOTATION.publicJwk} annotation`,
};

function judgeKeySecret(secret: KubeObject, jwk: PublicJwk): KeyContent {
  const verdict = keyVerdict(dataOf(secret), jwk);
  if ('problem' in verdict) return { kind: 'Broken', problem: verdict.problem };
  return {
    kind: 'Key',
    kid: jwk.kid,
    kidIsThumbprint: thumbprint(jwk) === jwk.kid,
    publicJwk: jwk,
    keyKind: kindOfJwk(jwk),
  };
}

function judgeSignerSecret(secret: KubeObject): SignerContent {
  const verdict = signerVerdict(dataOf(secret));
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

function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > FACTS_MAX && oldest !== undefined) memory.delete(oldest);
}
