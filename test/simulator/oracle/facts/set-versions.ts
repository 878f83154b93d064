/** What the SigningKeySet said at each of its versions: the declared, and the announced. */
import { REQUEST } from '../../../../src/core/formats/names.ts';
import type { Status } from '../../../../src/core/formats/status.ts';
import { child, type JsonObject, metadataOf, text, texts } from '../../../fake-api/json/json.ts';
import { type Change, HAND } from '../../record/history.ts';
import { type DeclaredSpec, declaredSpec } from './declared-spec.ts';
import { type DeclaredVerifier, declaredVerifiers } from './declared-verifiers.ts';
import { annotationsOf } from './documents.ts';

export interface SetVersion {
  readonly atMs: number;
  readonly byHand: boolean;
  readonly change: Change;
  /** Whether the object is there. */
  readonly exists: boolean;
  readonly deleting: boolean;
  /** As it was last readable; null before it ever was. */
  readonly spec: DeclaredSpec | null;
  /** Those that the spec lists. */
  readonly verifiers: readonly DeclaredVerifier[];
  readonly revokedKids: readonly string[];
  readonly signsImmediately: boolean;
  /** An ordered deletion is under way, and its wait is to be skipped. */
  readonly skipsWait: boolean;
  /** The ids of the requests that stand; empty if there is none. */
  readonly rotate: string;
  readonly rollback: string;
  /** The UID of the set elsewhere whose objects may be taken over; empty if there is none. */
  readonly adopts: string;
  readonly status: Status;
  /** The copy of the ledger, as a text that is only ever compared. */
  readonly copy: string;
}

/** @param changes those of one set, in order */
export function setVersions(changes: readonly Change[]): readonly SetVersion[] {
  let specText = '';
  let spec: DeclaredSpec | null = null;
  let verifiers: readonly DeclaredVerifier[] = [];
  return changes.map((change) => {
    const { atMs, author, after, name } = change;
    const object = after ?? {};
    const shown = JSON.stringify(object['spec'] ?? null);
    if (after !== null && shown !== specText) {
      specText = shown;
      const listed = declaredVerifiers(child(object, 'spec'));
      const declared = declaredSpec(object, name, listed);
      if (declared !== null) [spec, verifiers] = [declared, listed];
    }
    const status = child(object, 'status') as Status;
    const byHand = author === HAND;
    const exists = after !== null;
    const copy = status.ledger ?? '';
    return { atMs, byHand, change, exists, spec, verifiers, status, copy, ...wishesOf(object) };
  });
}

/** Read as they are, even from a spec that some rule refuses. */
function wishesOf(object: JsonObject) {
  const spec = child(object, 'spec');
  const annotations = annotationsOf(object);
  const { uid, deletionTimestamp } = metadataOf(object);
  const deleting = deletionTimestamp !== undefined;
  const revocations = Array.isArray(spec['revocations']) ? spec['revocations'] : [];
  const isSkipped = text(annotations, REQUEST.skipDeletionWait) === uid && uid !== undefined;
  return {
    deleting,
    revokedKids: texts(
      { kids: revocations.map((each) => text(each as JsonObject, 'kid')) },
      'kids',
    ),
    signsImmediately: spec['onRevokeWithoutStandby'] === 'SignImmediately',
    skipsWait: deleting && isSkipped && spec['deletionPolicy'] === 'Delete',
    rotate: text(annotations, REQUEST.rotate),
    rollback: text(annotations, REQUEST.rollback),
    adopts: text(annotations, REQUEST.adopt),
  };
}
