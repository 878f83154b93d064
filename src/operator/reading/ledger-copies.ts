/** Where a ledger can be read from: the signer Secret, and its copies in the status and on the JWKS. */
import { ANNOTATION } from '../../core/formats/names.ts';
import { readLedger } from '../../core/ledger/codec.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { fieldsOf } from './fields.ts';

/** The ledger, or the first copy that can be read. It only says what else to read. */
export function ledgerIn(
  signer: KubeObject | null,
  jwks: KubeObject | null,
  set: KubeObject,
): Ledger | null {
  const texts = [
    signer?.metadata.annotations?.[ANNOTATION.ledger],
    fieldsOf(set['status'])['ledger'],
    jwks?.metadata.annotations?.[ANNOTATION.ledger],
  ];
  for (const text of texts) {
    const read = typeof text === 'string' ? readLedger(text) : null;
    if (read?.kind === 'Ledger') return read.ledger;
  }
  return null;
}
