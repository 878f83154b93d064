/** Whose a key Secret of the set is, and the end of those that are nobody's. */
import { hasEnded, keyByKid, type Ledger } from '../ledger/ledger.ts';
import type { ObservedKeySecret, Step } from '../reading/model.ts';
import { holdsKey } from '../reading/ownership.ts';
import type { Situation } from '../reading/situation.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { deleteKeySecret, withEvents } from './steps.ts';

type Holder =
  /** It holds the living key of its ordinal. */
  | { readonly kind: 'Living' }
  /** Its key is new to the ledger: it may join, or ends. */
  | { readonly kind: 'Orphan' }
  /** Its key has ended: a restore or a late POST brought it back, or it was never used. */
  | { readonly kind: 'Ended' }
  /** No key of the set is lost with it. */
  | { readonly kind: 'Stray'; readonly because: string };

export function holderOf(
  situation: Situation,
  ledger: Ledger,
  { content, ordinal }: ObservedKeySecret,
): Holder {
  const living = ledger.keys.find((key) => key.ordinal === ordinal);
  const kid = content.kind === 'Key' ? content.kid : '';
  if (living !== undefined) {
    return holdsKey(content, living.publicJwk)
      ? { kind: 'Living' }
      : stray(`does not hold key #${ordinal}, which it is named for`);
  }
  const original = keyByKid(ledger, kid);
  if (hasEnded(ledger, kid, ordinal)) return { kind: 'Ended' };
  if (original !== null) return stray(`holds a copy of key #${original.ordinal}`);
  if (content.kind === 'Broken') return stray(`holds no usable key (${content.problem})`);
  if (isBeyond(situation, ledger, ordinal)) return stray('has an ordinal that this set never gave');
  return { kind: 'Orphan' };
}

function stray(because: string): Holder {
  return { kind: 'Stray', because };
}

/** The operator gives the next ordinal, or the first after it whose name nobody has. */
function isBeyond({ observed }: Situation, { nextOrdinal }: Ledger, ordinal: number): boolean {
  const between = observed.keySecrets.filter(
    (secret) => nextOrdinal <= secret.ordinal && secret.ordinal < ordinal,
  );
  return between.length < ordinal - nextOrdinal;
}

/** An ended key that came back, an orphan that was never used, a copy: no private key is left over. */
export function destroyUnneeded(
  situation: Situation,
  { ledger }: Schedule,
  held: ReadonlySet<string> = new Set(),
): Step | null {
  for (const secret of situation.keySecrets) {
    if (secret.meta.deleting !== undefined || held.has(`Secret ${secret.meta.name}`)) continue;
    const holder = holderOf(situation, ledger, secret);
    const { name } = secret.meta;
    if (holder.kind === 'Ended') {
      const message = `Secret ${name} belongs to a key that has ended. The operator deletes it.`;
      const destroyed = deleteKeySecret(secret, { code: 'DestroyEndedKey', message });
      return withEvents(destroyed, { type: 'Warning', reason: 'EndedKeyFound', message });
    }
    if (holder.kind === 'Stray') {
      const message = `Secret ${name} ${holder.because}. The operator deletes it.`;
      const destroyed = deleteKeySecret(secret, { code: 'DestroyStray', message });
      return withEvents(destroyed, { type: 'Warning', reason: 'StrayFound', message });
    }
  }
  return null;
}
