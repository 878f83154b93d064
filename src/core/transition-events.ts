/** What two generations of a ledger differ in, told as events: one a transition of a key. */
import { keyByKid, type Ledger } from './ledger.ts';
import type { EventNote } from './model.ts';

export function transitionEvents(before: Ledger | null, after: Ledger): readonly EventNote[] {
  const events: EventNote[] = [];
  for (const key of after.keys) {
    const old = before === null ? null : keyByKid(before, key.kid);
    const name = `key #${key.ordinal} (${key.kid})`;
    if (old === null && key.state === 'Pending')
      events.push(normal('KeyPending', `${name} is pending: it is published next`));
    if (key.state === 'Active' && old?.state !== 'Active') {
      events.push(normal('KeyActivated', `${name} signs from now on`));
    }
    if (key.state === 'Retiring' && old !== null && old.state !== 'Retiring') {
      events.push(
        normal(
          'KeyRetiring',
          `${name} no longer signs; it stays published until its tokens expire`,
        ),
      );
    }
    if (key.bar !== null && old?.bar === null) {
      events.push(normal('KeyRemoved', `${name} leaves the JWKS: ${key.bar.reason}`));
    }
    if (
      old?.publishedSeenMs != null &&
      key.publishedSeenMs !== old.publishedSeenMs &&
      key.bar === null
    ) {
      const message = `the JWKS ConfigMap was changed by another hand: the wait of ${name} starts anew`;
      events.push({ type: 'Warning', reason: 'WaitRestarted', message });
    }
  }
  for (const stone of after.tombstones) {
    const isNew = before?.tombstones.every(({ kid }) => kid !== stone.kid) ?? true;
    const message = `key #${stone.ordinal} (${stone.kid}) has ended: ${stone.reason}`;
    if (isNew) events.push(normal('KeyRetired', message));
  }
  return events;
}

function normal(reason: string, message: string): EventNote {
  return { type: 'Normal', reason, message };
}
