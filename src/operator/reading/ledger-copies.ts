/** Where a ledger can be read from: the signer Secret, and its copies in the status and on the JWKS. */
import { ANNOTATION } from '../../core/formats/names.ts';
import { type ObservedLedgers, readLedgers } from '../../core/reading/ledgers.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { fieldsOf } from './fields.ts';

export function ledgersIn(
  signer: KubeObject | null,
  jwks: KubeObject | null,
  set: KubeObject,
): ObservedLedgers {
  return readLedgers({
    signer: signer?.metadata.annotations?.[ANNOTATION.ledger],
    status: fieldsOf(set['status'])['ledger'],
    jwks: jwks?.metadata.annotations?.[ANNOTATION.ledger],
  });
}
