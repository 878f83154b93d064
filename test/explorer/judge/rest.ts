/** What a set that is left alone comes to, once nothing is left to do. */
import { neededKids } from '../model/facts.ts';
import type { State } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { untrueAnnouncements } from './judge.ts';

/**
 * Whether only the interval is waited for. A plan that has a step, or that waits for anything sooner,
 * is not at rest.
 */
export function isAtRest(world: World): boolean {
  if (world.api.set === null) return true;
  const { step, nextAtMs, rotationDueMs } = world.plan;
  if (step !== null) return false;
  if (nextAtMs === null || rotationDueMs === null) return nextAtMs === null;
  return rotationDueMs > world.nowMs && nextAtMs >= rotationDueMs;
}

/** @returns what is not as it should be at rest; null if all is well. */
export function unrest({ world, facts }: State): string | null {
  const { api, ledger, ledgers, signerKid, servedKids } = world;
  if (api.set === null) return null;
  if (ledger === null) return 'there is no ledger';
  if (ledgers.some(({ set }) => set.uid !== api.set?.ref.uid)) return 'a copy is of another set';
  const active = ledger.keys.filter(({ state }) => state === 'Active').map(({ kid }) => kid);
  if (active.length !== 1 || active[0] !== signerKid) return `${signerKid} signs, not ${active}`;
  const others = ledger.keys.filter(({ state }) => state !== 'Active');
  const standbys = others.filter(({ state, bar }) => state === 'Pending' && bar === null);
  if (standbys.length !== 1 || others.length !== 1) {
    return `beside ${signerKid} there are ${others.map(({ kid, state }) => `${kid} ${state}`).join(', ')}`;
  }
  const kids = ledger.keys.map(({ kid }) => kid);
  if (servedKids?.join() !== kids.join()) return `the JWKS shows ${servedKids?.join(' ')}`;
  const missing = neededKids(facts, world.nowMs).find((kid) => !kids.includes(kid));
  if (missing !== undefined) return `the tokens of ${missing} are rejected`;
  const secrets = [...api.keySecrets.values()].map(({ ordinal }) => ordinal).sort();
  const ordinals = ledger.keys.map(({ ordinal }) => ordinal).sort();
  if (secrets.join() !== ordinals.join()) return `there are key Secrets ${secrets.join(', ')}`;
  const [untrue] = untrueAnnouncements(api.set.status?.keys ?? [], facts, world.nowMs);
  if (untrue !== undefined) return untrue.text;
  const ready = api.set.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.reason === 'Signing' ? null : `Ready is ${ready?.status} ${ready?.reason}`;
}
