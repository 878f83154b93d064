/**
 * What Secrets hold, judged once for the same content: a check makes a signature, and a signer
 * Secret has a new version with every write of its ledger while its key stays for weeks.
 */
import { createHash } from 'node:crypto';
import { type PublicJwk, publicJwkText } from '../../core/formats/jwk.ts';
import { SIGNER_FILE } from '../../core/formats/names.ts';
import { BoundedMemory } from '../bounded-memory.ts';
import { checkKeySecret, checkSignerSecret, type SecretData } from './key-material.ts';

/** Of one set: far more than it has Secrets, and than an editor of one makes in a day. */
const VERDICTS_MAX = 1_000;

/** Remembers digests and verdicts, never a key. */
export class KeyVerdicts {
  readonly #keys = new BoundedMemory<ReturnType<typeof checkKeySecret>>(VERDICTS_MAX);
  readonly #signers = new BoundedMemory<ReturnType<typeof checkSignerSecret>>(VERDICTS_MAX);

  /** {@link checkKeySecret} for a kid of any kind. */
  ofKey(data: SecretData, publicJwk: PublicJwk): ReturnType<typeof checkKeySecret> {
    const content = digestOf([data[SIGNER_FILE.pem], publicJwkText(publicJwk)]);
    return remembered(this.#keys, content, () => checkKeySecret(data, publicJwk, 'any'));
  }

  /** {@link checkSignerSecret}. */
  ofSigner(data: SecretData): ReturnType<typeof checkSignerSecret> {
    const content = digestOf(Object.values(SIGNER_FILE).map((file) => data[file]));
    return remembered(this.#signers, content, () => checkSignerSecret(data));
  }
}

/** Each text with its length before it, so that no other texts give the same bytes. No text is copied. */
function digestOf(texts: readonly (string | undefined)[]): string {
  const hash = createHash('sha256');
  for (const text of texts) {
    hash.update(text === undefined ? 'none,' : `${text.length},`);
    hash.update(text ?? '');
  }
  return hash.digest('base64url');
}

function remembered<Verdict>(
  memory: BoundedMemory<Verdict>,
  content: string,
  judge: () => Verdict,
): Verdict {
  const known = memory.get(content);
  if (known !== undefined) return known;
  const verdict = judge();
  memory.set(content, verdict);
  return verdict;
}
