/**
 * What Secrets hold, judged once for the same content: a check makes a signature, and a signer
 * Secret has a new version with every write of its ledger while its key stays for weeks.
 * Remembered are digests and verdicts, never a key.
 */
import { createHash } from 'node:crypto';
import type { PublicJwk } from '../../core/formats/jwk.ts';
import { SIGNER_FILE } from '../../core/formats/names.ts';
import { checkKeySecret, checkSignerSecret, type SecretData } from './key-material.ts';

/** More than this many verdicts are not remembered; the oldest go first. */
const VERDICTS_MAX = 20_000;

const keys = new Map<string, ReturnType<typeof checkKeySecret>>();
const signers = new Map<string, ReturnType<typeof checkSignerSecret>>();

/** {@link checkKeySecret} for a kid of any kind. */
export function keyVerdict(data: SecretData, publicJwk: PublicJwk) {
  const content = digestOf([data[SIGNER_FILE.pem], publicJwk]);
  return remembered(keys, content, () => checkKeySecret(data, publicJwk, 'any'));
}

/** {@link checkSignerSecret}. */
export function signerVerdict(data: SecretData) {
  const content = digestOf(Object.values(SIGNER_FILE).map((file) => data[file]));
  return remembered(signers, content, () => checkSignerSecret(data));
}

function digestOf(content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}

function remembered<Verdict>(
  memory: Map<string, Verdict>,
  content: string,
  judge: () => Verdict,
): Verdict {
  const known = memory.get(content);
  if (known !== undefined) return known;
  const verdict = judge();
  memory.set(content, verdict);
  const [oldest] = memory.keys();
  if (memory.size > VERDICTS_MAX && oldest !== undefined) memory.delete(oldest);
  return verdict;
}
