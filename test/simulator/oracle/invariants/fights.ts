/**
 * Whatever is fought over, a rotation that was asked for happens, a revoked key is gone with its Secret, and
 * the status is true: it says which key signs, and what is contested. What the fought field itself carries is
 * an exception, and none other (docs/rotation.md, Steps that do not last).
 */
import { SET_PLURAL } from '../../../../src/core/formats/names.ts';
import { type JsonObject, metadataOf } from '../../../fake-api/json/json.ts';
import type { Fight, History } from '../../record/history.ts';
import { ordinalsOf } from '../../record/views.ts';
import { foughtField } from '../../world/policies.ts';
import { revokedMs } from '../actors/issuers.ts';
import type { Scene } from '../actors/scene.ts';
import type { SetVersion } from '../facts/set-versions.ts';
import type { Violation } from '../verdict/verdict.ts';

/** By then an operator that is at work has tried, and found its step undone, more than once. */
const NOTICED_MS = 35_000;

export function fightViolations({ timeline }: Scene): readonly Violation[] {
  const { history, sets, signer } = timeline;
  const set = sets.at(-1);
  const since = history.endMs - NOTICED_MS;
  const fights = (history.fights ?? []).filter(({ atMs }) => atMs < since);
  if (fights.length === 0 || set === undefined || !isAtWork(set, since)) return [];
  const carried = new Set(fights.flatMap(({ field }) => foughtField(field).carries));
  const found: string[] = [];
  const { rotate, status, spec } = set;
  const isDue = rotate !== '' && rotate !== status.lastHandledRotateRequest;
  const isFree = status.nextTransition === undefined || spec?.suspend !== true;
  const waits = status.nextTransition?.time !== undefined;
  if (isDue && isFree && !waits && !carried.has('rotation') && changedMs(sets, 'rotate') < since) {
    found.push(`the rotation ${rotate} does not happen`);
  }
  if (!carried.has('removal')) {
    const left = revokedSecrets(history, set, (kid) => revokedMs(timeline, kid) < since);
    found.push(...left.map((name) => `${name} still has a revoked key`));
  }
  if (!carried.has('status')) {
    const facts = signer.at(-1)?.facts;
    const signing = facts?.kind === 'Key' ? facts.kid : undefined;
    if (status.activeKid !== signing) {
      found.push(
        `the status says that ${status.activeKid ?? 'nothing'} signs, not ${signing ?? 'nothing'}`,
      );
    }
  }
  const begins = status.conditions?.find(({ reason }) => BEGINNINGS.includes(reason));
  if (begins !== undefined && !carried.has('revocation')) {
    found.push(`nobody signs: ${begins.type}=${begins.status} ${begins.reason}`);
  }
  found.push(...untoldOf(history, set, fights));
  return found.map((message) => ({ promise: 'Fights', atMs: history.endMs, message }));
}

/** What takes seconds where nobody fights. */
const BEGINNINGS = ['FirstKeyPending', 'LedgerLost'];

/** Nothing but the fights keeps the operator from its work. */
function isAtWork({ exists, deleting, spec, status, atMs }: SetVersion, since: number): boolean {
  if (!exists || deleting || spec === null || status.conditions === undefined) return false;
  const isBusy = status.conditions.some(
    ({ type, reason, status: value }) =>
      value === 'True' && (type === 'ClockSkew' || reason === 'ObjectNotOwned'),
  );
  return !isBusy && (atMs < since || status.ledger !== undefined || status.keys !== undefined);
}

function changedMs(sets: readonly SetVersion[], name: 'rotate'): number {
  return sets.findLast((set, index) => sets[index - 1]?.[name] !== set[name])?.atMs ?? 0;
}

function revokedSecrets(
  { changes }: History,
  { revokedKids }: SetVersion,
  isNoticed: (kid: string) => boolean,
): readonly string[] {
  const ordinals = ordinalsOf(changes);
  const there = objectsAtEnd(changes);
  return revokedKids.filter(isNoticed).flatMap((kid) => {
    const path = [...there.keys()].find((each) => each.endsWith(`-key-${ordinals.get(kid)}`));
    const object = path === undefined ? undefined : there.get(path);
    const isHeld = object !== undefined && metadataOf(object)['deletionTimestamp'] !== undefined;
    return path === undefined || isHeld ? [] : [path];
  });
}

/** The condition names each object over which somebody fights, and no other. */
function untoldOf(history: History, { status }: SetVersion, fights: readonly Fight[]): string[] {
  const condition = status.conditions?.find(({ type }) => type === 'Contested');
  const there = objectsAtEnd(history.changes);
  const isThere = ({ resource, name }: Fight) => there.has(`${resource.split('.')[0]}/${name}`);
  const untold = fights.filter((fight) => {
    const isExpected = foughtField(fight.field).contradicts === 'always' && isThere(fight);
    return isExpected && condition?.message.includes(fight.name) !== true;
  });
  return untold.map(
    ({ field, name }) => `the status does not say that ${field} of ${name} is contested`,
  );
}

function objectsAtEnd(changes: History['changes']): ReadonlyMap<string, JsonObject> {
  const objects = new Map<string, JsonObject>();
  for (const { resource, name, after } of changes) {
    if (resource === SET_PLURAL || resource === 'secrets' || resource === 'configmaps') {
      if (after === null) objects.delete(`${resource}/${name}`);
      else objects.set(`${resource}/${name}`, after);
    }
  }
  return objects;
}
