/**
 * No private key is forgotten: when nothing is left to do, each key Secret that has the set's
 * label is one that the ledger knows, or waits to be the next. One that was passed over, because
 * another key was made while it was there, would stay forever. The ledger is a text here, and only
 * searched for the kid. What someone put there is their own affair, unless it is a copy of such a Secret.
 */
import { LABEL } from '../../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf, text } from '../../../fake-api/json/json.ts';
import type { Scene } from '../actors/scene.ts';
import { ownerOf } from '../facts/documents.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import type { KeySecretVersion } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

/** An operator that is at work has noticed by then. Histories end when nothing is left to do. */
const NOTICED_MS = 20_000;

export function orphanViolations({ timeline }: Scene): readonly Violation[] {
  const { history, sets, signer, keySecrets } = timeline;
  const set = sets.at(-1);
  const ledger = signer.at(-1)?.copy ?? '';
  if (set?.exists !== true || set.deleting || ledger === '') return [];
  const last = new Map(keySecrets.map((version) => [version.change.name, version]));
  return [...last.values()].flatMap((version) => {
    const { change, byHand, facts, isCopy, atMs } = version;
    const { after, name } = change;
    if (after === null || facts === null) return [];
    if (isCopy && atMs + NOTICED_MS < history.endMs && isOfSet(after, set)) {
      const message = `${name} holds a copy of the private key of ${facts.kid}`;
      return [{ promise: 'Orphans', atMs: history.endMs, message }];
    }
    if (byHand) return [];
    if (labelOf(after) !== history.setName || ledger.includes(facts.kid)) return [];
    if (!isPassedOver(keySecrets, name)) return [];
    const message = `${name} holds the private key of ${facts.kid}, which the ledger does not know`;
    return [{ promise: 'Orphans', atMs: history.endMs, message }];
  });
}

/** The set's label and owner annotation, as they were on the Secret that was copied. */
function isOfSet(object: JsonObject, { change }: SetVersion): boolean {
  const uid = change.after === null ? '' : text(metadataOf(change.after), 'uid');
  return labelOf(object) !== undefined && ownerOf(object)?.uid === uid;
}

function labelOf(object: JsonObject): unknown {
  return child(metadataOf(object), 'labels')[LABEL.set];
}

/** An operator made another key after this one. */
function isPassedOver(keySecrets: readonly KeySecretVersion[], name: string): boolean {
  const made = keySecrets.filter(({ change, byHand }) => !byHand && change.before === null);
  const own = made.findLastIndex(({ change }) => change.name === name);
  return made.slice(own + 1).some(({ change }) => change.name !== name);
}
