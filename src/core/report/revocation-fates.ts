/** What became of each entry of `spec.revocations`, by this very reading. */
import { keysIn } from '../ledger/jwks-document.ts';
import { keyByKid, type Ledger } from '../ledger/ledger.ts';
import { trustAfterRemovalMs, trustEndMs } from '../ledger/terms.ts';
import type { Observed } from '../reading/model.ts';
import { pendingText } from '../reading/pending-deletions.ts';
import type { Situation } from '../reading/situation.ts';

export type Fate =
  /** The ledger knows no key of this kid, and no object holds one. */
  | { readonly kind: 'Unmatched'; readonly kid: string }
  /** An object that was read still holds it, or the JWKS has not been seen without it. */
  | { readonly kind: 'Applying'; readonly kid: string; readonly holders: readonly string[] }
  | Removed;

interface Removed {
  readonly kind: 'Removed';
  readonly kid: string;
  /** How long it is trusted after its removal, in milliseconds. Null: until some verifier is restarted. */
  readonly trustMs: number | null;
  readonly distrustedByMs: number | null;
}

/** In the order of the spec. */
export function revocationFates(situation: Situation, ledger: Ledger): readonly Fate[] {
  return situation.spec.revocations.map(({ kid }) => fateOf(situation, ledger, kid));
}

function fateOf(situation: Situation, ledger: Ledger, kid: string): Fate {
  const holders = holdersOf(situation.observed, kid);
  if (holders.length > 0) return { kind: 'Applying', kid, holders };
  const key = keyByKid(ledger, kid);
  const stone = ledger.tombstones.find((one) => one.kid === kid);
  if (key === null && stone === undefined) return { kind: 'Unmatched', kid };
  const isBarred = key === null || key.bar?.reason === 'Revoked';
  const removedSeenMs = key?.bar?.removedSeenMs ?? stone?.removedSeenMs ?? null;
  if (!isBarred || removedSeenMs === null) return { kind: 'Applying', kid, holders };
  const trustMs = key === null ? (stone?.trustMs ?? null) : trustAfterRemovalMs(key.largest);
  return { kind: 'Removed', kid, trustMs, distrustedByMs: trustEndMs(removedSeenMs, trustMs) };
}

/** What still holds a key by this very reading, whatever the ledger says and whoever owns the object. */
function holdersOf({ signer, jwks, keySecrets }: Observed, kid: string): readonly string[] {
  const secrets = [...(signer === null ? [] : [signer]), ...keySecrets];
  const holding = secrets.filter(({ content }) => content.kind === 'Key' && content.kid === kid);
  const isShown = jwks !== null && keysIn(jwks.data).some((shown) => shown.kid === kid);
  return [
    ...(isShown ? [`ConfigMap ${jwks.meta.name}`] : []),
    ...holding.map(({ meta: { name, deleting } }) => {
      return `Secret ${name}${deleting === undefined ? '' : `, which ${pendingText(deleting)}`}`;
    }),
  ];
}

/** The maximum number of kids that a message names at one place; it counts the rest. */
export const KIDS_NAMED_MAX = 4;

/** Such as `a, b, c, d and 2 more`. */
export function namedKids(kids: readonly string[]): string {
  const more = kids.length - KIDS_NAMED_MAX;
  return `${kids.slice(0, KIDS_NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
