/** What changed between two generations of a ledger, as events: one a transition of a key. */

import type { ConditionReason, ConditionType, EventReason } from '../formats/codes.ts';
import { LABEL } from '../formats/names.ts';
import type { Status } from '../formats/status.ts';
import { keyByKid, type Ledger, type LedgerKey, publishedKeys } from '../ledger/ledger.ts';
import type { EventNote, ObservedSet } from '../reading/model.ts';
import { parseOwner } from '../reading/ownership.ts';
import type { Situation } from '../reading/situation.ts';
import { LEAVES_BECAUSE } from '../schedule/removal.ts';

/**
 * How many of the keys that it has met in tokens jwks-rsa keeps (its `cacheMaxEntries`). For any other
 * key it fetches the JWKS again.
 */
const KEPT_BY_JWKS_RSA = 5;

/** An event's note has at most 1,024 characters, and a name up to 68. */
const LEFT_OVER_SHOWN_MAX = 8;

export function transitionEvents(before: Ledger | null, after: Ledger): readonly EventNote[] {
  const ofKeys = after.keys.flatMap((key) => {
    const old = before === null ? null : keyByKid(before, key.kid);
    return [...stateEvents(old, key), ...barEvents(old, key), ...waitEvents(old, key)];
  });
  const ended = after.tombstones
    .filter(({ kid }) => before?.tombstones.every((stone) => stone.kid !== kid) ?? true)
    .map((stone) => normal('KeyRetired', `${nameOf(stone)} has ended (${stone.reason})`));
  return [...ofKeys, ...ended, ...manyKeys(before, after)];
}

function nameOf({ ordinal, kid }: Pick<LedgerKey, 'ordinal' | 'kid'>): string {
  return `Key #${ordinal} (${kid})`;
}

function stateEvents(old: LedgerKey | null, key: LedgerKey): readonly EventNote[] {
  if (key.state === old?.state) return [];
  const name = nameOf(key);
  switch (key.state) {
    case 'Pending':
      if (old !== null || key.bar !== null) return [];
      return [normal('KeyPending', `${name} is pending: it will be published next`)];
    case 'Active':
      return [normal('KeyActivated', `${name} signs from now on`)];
    case 'Retiring': {
      // A revoked one has an event of its own.
      if (old === null || key.bar?.reason === 'Revoked') return [];
      const message = `${name} no longer signs. It stays in the JWKS until its last token has expired.`;
      return [normal('KeyRetiring', message)];
    }
  }
}

function barEvents(old: LedgerKey | null, key: LedgerKey): readonly EventNote[] {
  if (key.bar === null || key.bar.reason === old?.bar?.reason) return [];
  const name = nameOf(key);
  if (key.bar.reason === 'Revoked') {
    const message = `${name} is revoked. It leaves the JWKS at once and never signs again.`;
    return [{ type: 'Warning', reason: 'KeyRevoked', message }];
  }
  return old === null
    ? []
    : [normal('KeyRemoved', `${name} leaves the JWKS: ${LEAVES_BECAUSE[key.bar.reason]}`)];
}

function waitEvents(old: LedgerKey | null, key: LedgerKey): readonly EventNote[] {
  const isWaiting = key.state === 'Pending' && key.bar === null;
  const wasPublished = old !== null && old.publishedSeenMs !== null;
  if (!isWaiting || !wasPublished || key.publishedSeenMs === old.publishedSeenMs) return [];
  const message =
    'Someone else changed or deleted the JWKS ConfigMap. ' +
    `The wait of key #${key.ordinal} (${key.kid}) starts again.`;
  return [{ type: 'Warning', reason: 'WaitRestarted', message }];
}

/** Sent once the count grows beyond what jwks-rsa keeps. It costs requests, but no token is rejected. */
function manyKeys(before: Ledger | null, after: Ledger): readonly EventNote[] {
  const count = usedKeys(after);
  if (count <= KEPT_BY_JWKS_RSA || (before !== null && usedKeys(before) > KEPT_BY_JWKS_RSA))
    return [];
  const message =
    `${count} published keys have signed. Verifiers with jwks-rsa keep ${KEPT_BY_JWKS_RSA}, and fetch ` +
    `the JWKS again and again until only ${KEPT_BY_JWKS_RSA} are left. Raise their cacheMaxEntries, or wait.`;
  return [{ type: 'Warning', reason: 'ManyKeysPublished', message }];
}

function usedKeys(ledger: Ledger): number {
  return publishedKeys(ledger).filter(({ mayHaveSigned }) => mayHaveSigned).length;
}

/** Objects of a set elsewhere were adopted: whether its operator still runs cannot be seen here. */
export function adoptionEvents({ ownership, observed }: Situation): readonly EventNote[] {
  const adopted = [
    ownership.signer === 'AdoptedByRequest' ? observed.signer : null,
    ownership.jwks === 'AdoptedByRequest' ? observed.jwks : null,
  ].find((object) => object !== null);
  const owner = adopted === undefined ? null : parseOwner(adopted.meta);
  if (owner === null) return [];
  const leftOver = leftOverText(observed.set, owner.uid);
  const message =
    `This set adopts the keys of the set ${owner.namespace}/${owner.name} (UID ${owner.uid}). If an ` +
    `operator still runs for that set, stop it: both would rotate these keys.${leftOver}`;
  return [{ type: 'Warning', reason: 'KeysAdopted', message }];
}

/** By their names, as many as there is room for in an event, and how to select them and nothing else. */
function leftOverText({ ref, adopteeKeySecrets }: ObservedSet, uid: string): string {
  if (adopteeKeySecrets.length === 0) return '';
  const shown = adopteeKeySecrets.slice(0, LEFT_OVER_SHOWN_MAX).join(', ');
  const more = adopteeKeySecrets.length - LEFT_OVER_SHOWN_MAX;
  const names = more > 0 ? `${shown} and ${more} more` : shown;
  return (
    ` Its Secrets ${names} hold private keys and are not adopted. Once this set is Ready: ` +
    `kubectl delete secret -n ${ref.namespace} -l ${LABEL.setUid}=${uid}`
  );
}

/** What a person must act on: an event when it begins. */
const ALARMING: readonly ConditionType[] = [
  'Stalled',
  'ClockSkew',
  'IssuersOutdated',
  'CrdOutdated',
  'DeletionPending',
  'Contested',
  'MetadataRefused',
];

/** What the operator handles by itself, and what had its event when it happened. */
const NO_NEWS: readonly ConditionReason[] = ['Restarting', 'WriteRefused'];

/** The conditions that a status newly reports and that someone should look at. */
export function conditionEvents(before: Status | null, after: Status): readonly EventNote[] {
  const begun = (after.conditions ?? []).filter(({ type, status, reason, message }) => {
    const old = before?.conditions?.find((condition) => condition.type === type);
    const isNew = old === undefined || old.status !== status || old.reason !== reason;
    // Without an event, a revocation that names no key looks like one that worked. So each one has an event.
    if (type === 'RevocationsUnmatched') return isNew || old.message !== message;
    const isAlarming = ALARMING.includes(type) && !NO_NEWS.includes(reason);
    return isAlarming && status !== 'False' && isNew;
  });
  return begun.map(({ reason, message }) => ({ type: 'Warning', reason, message }));
}

function normal(reason: EventReason, message: string): EventNote {
  return { type: 'Normal', reason, message };
}
