/** Old versions of objects, for whoever restores one. */
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type { ObservedJwks, ObservedSigner } from '../../../src/core/reading/model.ts';
import type { Shelf } from '../model/state.ts';
import type { World } from '../model/world.ts';

/** Two signers with this text are the same to a restore, which gives them a new version and UID. */
export function signerText({ meta, content }: ObservedSigner): string {
  const kid = content.kind === 'Key' ? content.kid : content.kind;
  return `${kid} ${meta.annotations[ANNOTATION.owner]} ${meta.annotations[ANNOTATION.ledger]}`;
}

export function jwksContentText({ meta, data }: ObservedJwks): string {
  const kids = keysIn(data).map(({ kid }) => kid);
  return `${kids.join()} ${meta.annotations[ANNOTATION.owner]} ${meta.annotations[ANNOTATION.ledger]}`;
}

/** Adds what an operator has just written, unless the same was written before. */
export function shelved(shelf: Shelf, { api }: World): Shelf {
  const { signer, jwks, set } = api;
  const status = set?.status ?? null;
  return {
    signers: added(shelf.signers, signer, signerText),
    jwks: added(shelf.jwks, jwks, jwksContentText),
    // Only the copy of the ledger in it means anything to the core.
    statuses: added(shelf.statuses, status, ({ ledger }) => ledger ?? ''),
  };
}

function added<T>(
  known: readonly T[],
  version: T | null,
  textOf: (version: T) => string,
): readonly T[] {
  if (version === null || known.includes(version)) return known;
  const text = textOf(version);
  return known.some((each) => textOf(each) === text) ? known : [...known, version];
}
