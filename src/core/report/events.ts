/** What two generations of a ledger differ in, told as events: one a transition of a key. */

import type { ConditionReason, ConditionType, EventReason } from '../formats/codes.ts';
import type { Status } from '../formats/status.ts';
import { keyByKid, type Ledger, publishedKeys } from '../ledger/ledger.ts';
import type { EventNote } from '../reading/model.ts';
import { parseOwner } from '../reading/ownership.ts';
import type { Situation } from '../reading/situation.ts';

/**
 * jwks-rsa keeps so many keys that it has met in tokens (its `cacheMaxEntries`), and fetches the JWKS
 * anew for each other one.
 */
const KEPT_BY_JWKS_RSA = 5;

export function transitionEvents(before: Ledger | null, after: Ledger): readonly EventNote[] {
  const events: EventNote[] = [];
  for (const key of after.keys) {
    const old = before === null ? null : keyByKid(before, key.kid);
    const name = `key #${key.ordinal} (${key.kid})`;
    if (old === null && key.state === 'Pending' && key.bar === null)
      events.push(normal('KeyPending', `${name} is pending: it is published next`));
    if (key.state === 'Active' && old?.state !== 'Active') {
      events.push(normal('KeyActivated', `${name} signs from now on`));
    }
    const isRevoked = key.bar?.reason === 'Revoked';
    if (key.state === 'Retiring' && old !== null && old.state !== 'Retiring' && !isRevoked) {
      events.push(
        normal(
          'KeyRetiring',
          `${name} no longer signs; it stays published until its tokens expire`,
        ),
      );
    }
    const isNewlyBarred = key.bar !== null && key.bar.reason !== old?.bar?.reason;
    if (isNewlyBarred && key.bar?.reason === 'Revoked') {
      const message = `${name} is revoked: it leaves the JWKS at once and never signs again`;
      events.push({ type: 'Warning', reason: 'KeyRevoked', message });
    } else if (isNewlyBarred && old !== null) {
      events.push(normal('KeyRemoved', `${name} leaves the JWKS: ${key.bar?.reason}`));
    }
    if (
      old?.publishedSeenMs != null &&
      key.publishedSeenMs !== old.publishedSeenMs &&
      key.state === 'Pending' &&
      key.bar === null
    ) {
      const message = `the JWKS ConfigMap was changed or deleted by another hand: the wait of ${name} starts anew`;
      events.push({ type: 'Warning', reason: 'WaitRestarted', message });
    }
  }
  for (const stone of after.tombstones) {
    const isNew = before?.tombstones.every(({ kid }) => kid !== stone.kid) ?? true;
    const message = `key #${stone.ordinal} (${stone.kid}) has ended: ${stone.reason}`;
    if (isNew) events.push(normal('KeyRetired', message));
  }
  return [...events, ...manyKeys(before, after)];
}

/** Told when it begins. No token is refused for it; it costs requests. */
function manyKeys(before: Ledger | null, after: Ledger): readonly EventNote[] {
  const count = usedKeys(after);
  if (count <= KEPT_BY_JWKS_RSA || (before !== null && usedKeys(before) > KEPT_BY_JWKS_RSA))
    return [];
  const message =
    `${count} published keys have signed: verifiers with jwks-rsa keep ${KEPT_BY_JWKS_RSA} and fetch ` +
    'the JWKS again and again, until one of them has left it';
  return [{ type: 'Warning', reason: 'ManyKeysPublished', message }];
}

function usedKeys(ledger: Ledger): number {
  return publishedKeys(ledger).filter(({ mayHaveSigned }) => mayHaveSigned).length;
}

/** Objects of a set elsewhere were taken over: nobody can tell from here whether it still runs. */
export function adoptionEvents({ ownership, observed }: Situation): readonly EventNote[] {
  const adopted = [
    ownership.signer === 'AdoptedByRequest' ? observed.signer : null,
    ownership.jwks === 'AdoptedByRequest' ? observed.jwks : null,
  ].find((object) => object !== null);
  const owner = adopted === undefined ? null : parseOwner(adopted.meta);
  if (owner === null) return [];
  const message =
    `the keys of the set ${owner.namespace}/${owner.name} (UID ${owner.uid}) are adopted: if an ` +
    'operator still runs for it, both rotate these keys; stop that one. The Secrets of its single keys ' +
    'are not: delete them once this set is ready';
  return [{ type: 'Warning', reason: 'KeysAdopted', message }];
}

/** What a person must see to, told once, when it begins. */
const ALARMING: readonly ConditionType[] = ['Stalled', 'ClockSkew', 'IssuersOutdated'];

/** What the operator sees to by itself, and what was told when it happened. */
const NO_NEWS: readonly ConditionReason[] = ['Restarting', 'WriteRefused'];

/** The conditions that a status newly reports and that somebody should look at. */
export function conditionEvents(before: Status | null, after: Status): readonly EventNote[] {
  const begun = (after.conditions ?? []).filter(({ type, status, reason }) => {
    const old = before?.conditions?.find((condition) => condition.type === type);
    const isNew = old === undefined || old.status !== status || old.reason !== reason;
    // A revocation that names no key looks like one that worked, to whoever does not look again.
    if (reason === 'KidUnknown') return isNew;
    const isAlarming = ALARMING.includes(type) && !NO_NEWS.includes(reason);
    return isAlarming && status !== 'False' && isNew;
  });
  return begun.map(({ reason, message }) => ({ type: 'Warning', reason, message }));
}

function normal(reason: EventReason, message: string): EventNote {
  return { type: 'Normal', reason, message };
}
