/** Compares what the JWKS ConfigMap and the signer Secret show with the ledger. */

import { samePublicJwk } from '../formats/jwk.ts';
import { ANNOTATION } from '../formats/names.ts';
import { GENERATION_MAX, MANAGER_LENGTH_MAX, MANAGERS_NOTED_MAX } from '../ledger/bounds.ts';
import type { ReadLedger } from '../ledger/codec.ts';
import { jwksData, keysIn, sameData } from '../ledger/jwks-document.ts';
import {
  activeKey,
  type Bar,
  type JwksNote,
  type Ledger,
  type LedgerKey,
  type SignerNote,
  withLeavingPublished,
} from '../ledger/ledger.ts';
import { isSameLine } from './ledgers.ts';
import type { ObservedJwks, ObservedSigner } from './model.ts';
import { holdsKey } from './ownership.ts';
import type { Situation } from './situation.ts';

/**
 * Whether someone else recreated the ConfigMap or changed its data since the ledger last noted it.
 * Edits of labels, annotations and entries of others don't count. The data is the operator's own if the ledger produces
 * it, or if the copy next to it does and is not older than the note.
 */
export function isDisturbed({ jwks, ledgers }: Situation, ledger: Ledger): boolean {
  const note = ledger.jwks;
  if (jwks === null || note === null) return false;
  if (jwks.meta.uid !== note.uid) return true;
  if (jwks.meta.resourceVersion === note.resourceVersion) return false;
  const managers = foldManagers(jwks.otherManagers);
  if (managers.some((manager) => !note.managers.includes(manager))) return true;
  return !isOwnData(jwks, ledgers.jwks, ledger, note.generation);
}

/**
 * Whether the data was written by someone else: neither the ledger makes it nor the copy beside it, of whichever
 * set and epoch that is. Without a copy, as before the set had one, only a field manager of someone else's tells.
 */
export function isForeignData({ jwks, observed }: Situation, ledger: Ledger): boolean {
  if (jwks === null) return false;
  const madeBy = (maker: Ledger) => sameData(jwks.data, jwksData(asShown(jwks, maker)));
  if (!jwks.hasOwnBinaryData && madeBy(ledger)) return false;
  const copy = observed.ledgers.jwks;
  if (copy?.kind !== 'Ledger') return jwks.otherManagers.length > 0;
  return jwks.hasOwnBinaryData || !madeBy(copy.ledger);
}

/**
 * Whether the ConfigMap is the very version that the ledger has noted. Then it has shown all the time what the
 * ledger says of it, even if later ledgers are lost: nothing that they may have noted of it can have happened.
 */
export function isAsNoted({ jwks }: Situation, { jwks: note }: Ledger): boolean {
  if (jwks === null || note === null) return false;
  return jwks.meta.uid === note.uid && jwks.meta.resourceVersion === note.resourceVersion;
}

function isOwnData(
  jwks: ObservedJwks,
  copy: ReadLedger | null,
  ledger: Ledger,
  generationMin: number,
): boolean {
  if (jwks.hasOwnBinaryData) return false;
  if (sameData(jwks.data, jwksData(asShown(jwks, ledger)))) return true;
  if (copy?.kind !== 'Ledger') return false;
  const { generation } = copy.ledger;
  return (
    isSameLine(copy.ledger, ledger) &&
    generation >= generationMin &&
    generation === jwksGeneration(jwks) &&
    sameData(jwks.data, jwksData(asShown(jwks, copy.ledger)))
  );
}

/** {@link withLeavingPublished} for the leaving keys that the ConfigMap shows. */
export function asShown(jwks: ObservedJwks | null, ledger: Ledger): Ledger {
  return withLeavingPublished(ledger, (key) => showsKey(jwks, key));
}

/** The ledger generation that the ConfigMap says it was made from; 0 if it names none that there can be. */
export function jwksGeneration(jwks: ObservedJwks): number {
  const text = jwks.meta.annotations[ANNOTATION.generation] ?? '';
  const stamp = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
  return stamp <= GENERATION_MAX ? stamp : 0;
}

/**
 * Whether the ConfigMap was made from the generation that barred a key, or from a later one of this ledger. A
 * stamp above the ledger's own generation is not the operator's, and proves nothing.
 */
export function isOfGeneration(jwks: ObservedJwks, ledger: Ledger, bar: Bar): boolean {
  const stamp = jwksGeneration(jwks);
  return stamp >= bar.generation && stamp <= ledger.generation;
}

export function noteOf(jwks: ObservedJwks): JwksNote {
  return {
    uid: jwks.meta.uid,
    resourceVersion: jwks.meta.resourceVersion,
    generation: jwksGeneration(jwks),
    managers: foldManagers(jwks.otherManagers),
  };
}

/** Stands among the managers of an object for whoever has wiped the record of them. */
export const UNTRACKED = 'untracked';

/** The record was wiped when the signer was noted, and has begun again: a second time must show. */
export function isRecordBack(signer: ObservedSigner, { signer: note }: Ledger): boolean {
  const isNoted = note?.managers.includes(UNTRACKED) === true;
  return isNoted && !signer.otherManagers.includes(UNTRACKED);
}

/**
 * Whether someone else has written values of the signer since the ledger last noted it, even if they
 * are in order again. Without a note, each other manager counts as new.
 */
export function isSignerDisturbed(signer: ObservedSigner, { signer: note }: Ledger): boolean {
  if (note !== null && signer.meta.uid !== note.uid) return true;
  const noted = note?.managers ?? [];
  return foldManagers(signer.otherManagers).some((manager) => !noted.includes(manager));
}

export function signerNoteOf(signer: ObservedSigner): SignerNote {
  return { uid: signer.meta.uid, managers: foldManagers(signer.otherManagers) };
}

/** The managers as a note holds them. Number and length are limited, because anybody can add more. */
export function foldManagers(managers: readonly string[]): readonly string[] {
  const noted = managers.slice(0, MANAGERS_NOTED_MAX).map((manager) => {
    const isLong = manager.length > MANAGER_LENGTH_MAX;
    return isLong ? `a long one/${fingerprint([manager])}` : manager;
  });
  if (managers.length <= MANAGERS_NOTED_MAX) return noted;
  const rest = managers.slice(MANAGERS_NOTED_MAX);
  return [...noted, `${rest.length} more/${fingerprint(rest)}`];
}

/** FNV-1a over the texts, only to notice a change. */
function fingerprint(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const character of texts.join('\n')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(16);
}

/** Whether the ConfigMap shows exactly this key. */
export function showsKey(jwks: ObservedJwks | null, key: LedgerKey): boolean {
  if (jwks === null) return false;
  return keysIn(jwks.data).some((shown) => samePublicJwk(shown, key.publicJwk));
}

export function showsKid(jwks: ObservedJwks, kid: string): boolean {
  return keysIn(jwks.data).some((shown) => shown.kid === kid);
}

/** Whether the signer Secret holds what the ledger says: the active key, or empty values. */
export function signerFits(ledger: Ledger, { content }: ObservedSigner): boolean {
  const active = activeKey(ledger);
  if (active === null) return content.kind === 'Empty';
  return holdsKey(content, active.publicJwk);
}
