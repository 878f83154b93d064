/**
 * What Secrets turn out to hold, without the key material itself. This is the only place of the
 * operator that looks into a Secret, besides the one that copies a key into the signer.
 */

import { isLongerThan } from '../../core/encoding/byte-length.ts';
import { isRecord } from '../../core/formats/is-record.ts';
import { kindOfJwk, type PublicJwk, parsePublishedJwk } from '../../core/formats/jwk.ts';
import { ANNOTATION } from '../../core/formats/names.ts';
import type { KeyContent, SignerContent } from '../../core/reading/model.ts';
import { thumbprint } from '../../platform/keys/key-material.ts';
import type { KeyVerdicts } from '../../platform/keys/key-verdicts.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';

/** Far more than the longest public JWK has. */
const JWK_BYTES_MAX = 2048;

const WITHOUT_JWK: KeyContent = {
  kind: 'Broken',
  problem: `it has no ${ANNOTATION.publicJwk} annotation`,
};

/**
 * @param expected the ledger's JWK for it. It is tried before the Secret's own annotation, so that
 * an edited annotation makes a sound key neither lost nor another one.
 */
export function keyContentOf(
  verdicts: KeyVerdicts,
  secret: KubeObject,
  expected: PublicJwk | null,
): KeyContent {
  const candidates = [expected, annotatedJwk(secret.metadata)].filter((jwk) => jwk !== null);
  const contents = candidates.map((jwk) => contentWith(verdicts, secret, jwk));
  return contents.find(({ kind }) => kind === 'Key') ?? contents[0] ?? WITHOUT_JWK;
}

function contentWith(verdicts: KeyVerdicts, secret: KubeObject, jwk: PublicJwk): KeyContent {
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

export function signerContentOf(verdicts: KeyVerdicts, secret: KubeObject): SignerContent {
  const verdict = verdicts.ofSigner(dataOf(secret));
  if ('empty' in verdict) return { kind: 'Empty' };
  if ('problem' in verdict) return { kind: 'Broken', problem: verdict.problem };
  const { publicJwk } = verdict;
  return { kind: 'Key', kid: publicJwk.kid, publicJwk, keyKind: kindOfJwk(publicJwk) };
}

function annotatedJwk({ annotations }: KubeObject['metadata']): PublicJwk | null {
  const text = annotations?.[ANNOTATION.publicJwk];
  if (text === undefined || isLongerThan(JWK_BYTES_MAX, text)) return null;
  try {
    const jwk = parsePublishedJwk(JSON.parse(text));
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
