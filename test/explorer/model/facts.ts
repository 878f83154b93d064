/**
 * What truly happened, as far as a promise can depend on it: which key issuers may sign with, and what
 * verifiers may have seen. It comes from the objects alone. Only whether a key that hands put into the
 * signer was still a key of the set is asked of the ledgers, because docs/safety.md excepts those that
 * were not.
 */

import { OUTSIDE } from './spec.ts';
import type { World } from './world.ts';

/** Who changed the world. */
export type Author = 'Operator' | 'Hands';

/** What the JWKS ConfigMap showed from an instant on. */
export interface View {
  readonly fromMs: number;
  /** Null: there was no ConfigMap. */
  readonly kids: readonly string[] | null;
  readonly by: Author;
  /** The number of the change that brought it. */
  readonly change: number;
}

export interface Facts {
  /** Nothing has happened since an operator wrote the status. */
  readonly isStatusNew: boolean;
  /** How many changes of the objects there were. */
  readonly changes: number;
  /** The key that issuers take; a signer Secret that is gone leaves them the last one. */
  readonly signing: string | null;
  /** Whether tokens that they make with it count. */
  readonly isCounted: boolean;
  /** The key that an operator put into the signer last. */
  readonly rightful: string | null;
  /** Whether hands put it there, and not the operator. */
  readonly isBorrowed: boolean;
  /** For each key that was taken out of the signer: until when an issuer may sign with it. */
  readonly signedUntil: ReadonlyMap<string, number>;
  /** The same for what hands had put there. */
  readonly borrowedUntil: ReadonlyMap<string, number>;
  /** The ledger that an operator wrote last; null once hands have destroyed it. */
  readonly newest: string | null;
  /** Whether the one before it had been copied by then: so no more than one can get lost. */
  readonly isCopyFirst: boolean;
  /** The newest last, going back as far as a verifier can. */
  readonly views: readonly View[];
  /** For each key that the JWKS no longer shows: when it last did. */
  readonly servedUntil: ReadonlyMap<string, number>;
  readonly ended: ReadonlySet<string>;
  /** Every key that an operator made. */
  readonly made: ReadonlySet<string>;
  /** Ordinals up to this one were given, the last by the change of this number. */
  readonly ordinal: number;
  readonly ordinalChange: number;
  /** Where a ledger is that no hand has put there. */
  readonly own: ReadonlySet<Place>;
  /** The ledger in the signer that hands have put another one in the place of, until it is recovered. */
  readonly setAside: string | null;
}

type Place = 'signer' | 'status' | 'jwks';
const PLACES: readonly Place[] = ['signer', 'status', 'jwks'];

export const NO_FACTS: Facts = {
  isStatusNew: false,
  changes: 0,
  signing: null,
  isCounted: false,
  rightful: null,
  isBorrowed: false,
  signedUntil: new Map(),
  borrowedUntil: new Map(),
  newest: null,
  isCopyFirst: true,
  views: [],
  servedUntil: new Map(),
  ended: new Set(),
  made: new Set(),
  ordinal: 0,
  ordinalChange: 0,
  own: new Set(),
  setAside: null,
};

/** The facts after a change of the objects. */
export function noted(facts: Facts, before: World, after: World, by: Author): Facts {
  const changed = { ...facts, changes: facts.changes + 1, isStatusNew: false };
  const signed = noteSigner(changed, before, after, by);
  const served = noteJwks(signed, before, after, by);
  const own = ownPlaces(facts, before, after, by);
  const placed = { ...served, own, setAside: setAsideAfter(facts, before, after, by) };
  if (by === 'Operator') return noteOperator(placed, before, after);
  const known = { ...placed, rightful: rightfulAfter(placed, after) };
  // The end of a set left nothing: what a new one is made beside is not lost.
  const isLost = placed.own.size === 0 && before.api.set !== null;
  return isLost ? memoryLost(known, after) : noteLoss(known, after);
}

/**
 * Hands destroyed the last ledger before any copy had it. Nobody can know any longer what it alone had
 * noted: that hands had put a key into the signer, or that a key has ended (docs/safety.md).
 */
function noteLoss(facts: Facts, { ledgers, ledgerTexts }: World): Facts {
  const { newest, isCopyFirst } = facts;
  if (newest === null || !isCopyFirst || PLACES.some((place) => ledgerTexts[place] === newest))
    return facts;
  const alive = new Set(ledgers.flatMap(({ keys }) => keys.map(({ kid }) => kid)));
  const ended = new Set([...facts.ended].filter((kid) => !alive.has(kid)));
  return { ...facts, newest: null, ended, borrowedUntil: new Map() };
}

/**
 * A switch that hands undid before any copy had it: nobody can know of it, and the key before signs
 * again (docs/safety.md). A key in the signer that is newer than each copy goes on.
 */
function rightfulAfter({ rightful, isCopyFirst }: Facts, world: World): string | null {
  const { ledgers, signerKid } = world;
  const isTold = ledgers.some(({ keys }) => keys.some(({ kid }) => kid === rightful));
  if (!isTold && rightful !== null && signerKid === rightful) return rightful;
  const actives = ledgers.map(({ keys }) => keys.find(({ state }) => state === 'Active')?.kid);
  const isKnown = actives.length === 0 || actives.includes(rightful ?? undefined);
  if (isKnown || !isCopyFirst) return rightful;
  return actives[0] ?? null;
}

function ownPlaces({ own }: Facts, before: World, after: World, by: Author): ReadonlySet<Place> {
  const [old, now] = [before.ledgerTexts, after.ledgerTexts];
  return new Set(
    PLACES.filter((place) => {
      if (now[place] === undefined) return false;
      return now[place] === old[place] ? own.has(place) : by === 'Operator';
    }),
  );
}

function setAsideAfter(
  { setAside }: Facts,
  before: World,
  after: World,
  by: Author,
): string | null {
  const [old, now] = [before.ledgerTexts.signer, after.ledgerTexts.signer];
  if (by === 'Hands')
    return old === now || now === undefined ? setAside : (setAside ?? old ?? null);
  // Each recovery begins an epoch.
  return before.ledger?.epochMs === after.ledger?.epochMs ? setAside : null;
}

function noteSigner(facts: Facts, before: World, after: World, by: Author): Facts {
  const { signer } = after.api;
  if (signer === null) return facts;
  const kid = after.signerKid;
  if (kid === facts.signing) {
    return by === 'Operator' && signer !== before.api.signer && isAsItsLedgerSays(after)
      ? { ...facts, isCounted: kid !== null, isBorrowed: false, rightful: kid }
      : facts;
  }
  const rightful = by === 'Operator' ? kid : facts.rightful;
  const isBorrowed = kid !== rightful;
  const isOfThisLife = kid !== null && !facts.ended.has(kid);
  const isCounted = kid !== null && (!isBorrowed || (isOfThisLife && isAlive(before, kid)));
  return { ...takenOut(facts, after.nowMs), signing: kid, isCounted, isBorrowed, rightful };
}

function takenOut(facts: Facts, nowMs: number): Facts {
  const { signing, isCounted, isBorrowed, signedUntil, borrowedUntil } = facts;
  if (signing === null || !isCounted) return facts;
  const untilMs = nowMs + OUTSIDE.signerLagMs;
  return isBorrowed
    ? { ...facts, borrowedUntil: new Map(borrowedUntil).set(signing, untilMs) }
    : { ...facts, signedUntil: new Map(signedUntil).set(signing, untilMs) };
}

function isAsItsLedgerSays({ ledger, signerKid }: World): boolean {
  const active = ledger?.keys.find(({ state }) => state === 'Active')?.kid ?? null;
  return active === signerKid;
}

/** Whether a key is in the JWKS, and the operator has not begun to take it out. */
function isAlive({ servedKids, ledgers }: World, kid: string): boolean {
  if (servedKids?.includes(kid) !== true) return false;
  return !ledgers.some(({ keys, tombstones, deletion }) => {
    const isBarred = keys.some((key) => key.kid === kid && key.bar !== null);
    return isBarred || tombstones.some((stone) => stone.kid === kid) || deletion?.removing === true;
  });
}

function noteJwks(facts: Facts, before: World, after: World, by: Author): Facts {
  if (after.api.jwks === before.api.jwks) return facts;
  const { nowMs, servedKids: kids } = after;
  const old = before.servedKids ?? [];
  if (kids !== null && before.servedKids?.join() === kids.join()) return facts;
  const servedUntil = new Map(facts.servedUntil);
  // What hands showed and hid again, the operator may never have seen.
  const isUnseen = by === 'Hands' && facts.views.at(-1)?.by === 'Hands';
  for (const kid of isUnseen ? [] : old) servedUntil.set(kid, nowMs);
  for (const kid of kids ?? []) servedUntil.delete(kid);
  const view = { fromMs: nowMs, kids, by, change: facts.changes };
  return { ...facts, servedUntil, views: [...facts.views, view] };
}

/** What only an operator's write decides: which keys have ended, which ordinals were given. */
function noteOperator(facts: Facts, before: World, after: World): Facts {
  const ledgers = noteLedger(facts, before, after);
  const stones = after.ledger?.tombstones ?? [];
  const isNew = stones.some(({ kid }) => !facts.ended.has(kid));
  const ended = isNew ? new Set([...facts.ended, ...stones.map(({ kid }) => kid)]) : facts.ended;
  const ordinals = [...after.api.keySecrets.values()].map(({ ordinal }) => ordinal);
  const ordinal = Math.max(facts.ordinal, ...ordinals);
  const ordinalChange = ordinal > facts.ordinal ? facts.changes : facts.ordinalChange;
  const made = withNewKeys(facts, after);
  return { ...facts, ...ledgers, ended, ordinal, ordinalChange, made };
}

function withNewKeys({ made }: Facts, { api }: World): ReadonlySet<string> {
  const kids = [...api.keySecrets.values()].flatMap(({ content }) =>
    content.kind === 'Key' ? [content.kid] : [],
  );
  return kids.every((kid) => made.has(kid)) ? made : new Set([...made, ...kids]);
}

function noteLedger(facts: Facts, before: World, after: World): Partial<Facts> {
  const { newest } = facts;
  const { signer, status, jwks } = after.ledgerTexts;
  if (signer === newest || after.api.signer === before.api.signer) return {};
  const isCopyFirst = newest === null || status === newest || jwks === newest;
  return { newest: signer ?? null, isCopyFirst };
}

/** Forgets what no verifier and no issuer can still hold. */
export function pruned(facts: Facts, nowMs: number): Facts {
  const sinceMs = nowMs - OUTSIDE.viewLagMs;
  const next = facts.views.findIndex(({ fromMs }) => fromMs > sinceMs);
  const first = next === -1 ? facts.views.length - 1 : next - 1;
  const views = first <= 0 ? facts.views : facts.views.slice(first);
  const signedUntil = within(facts.signedUntil, nowMs - OUTSIDE.tokenLifeMs);
  const borrowedUntil = within(facts.borrowedUntil, nowMs - OUTSIDE.tokenLifeMs);
  const servedUntil = within(facts.servedUntil, nowMs - OUTSIDE.trustLagMs);
  return { ...facts, isStatusNew: false, views, signedUntil, borrowedUntil, servedUntil };
}

function within(times: ReadonlyMap<string, number>, sinceMs: number): ReadonlyMap<string, number> {
  if ([...times.values()].every((atMs) => atMs > sinceMs)) return times;
  return new Map([...times].filter(([, atMs]) => atMs > sinceMs));
}

/**
 * The ordered deletion of a set is over: each of its keys has ended, and ordinals start at 1 again. But
 * for what hands put back before that: no ledger is left that could tell it from what a set was to retain
 * (docs/limits.md).
 */
export function lifeEnded(facts: Facts, { servedKids, ledgers }: World): Facts {
  const back = ledgers.length === 0 ? (servedKids ?? []) : [];
  const ended = [...facts.ended, ...facts.made].filter((kid) => !back.includes(kid));
  return { ...facts, ended: new Set(ended), ordinal: 0 };
}

/**
 * The ledger and all copies are gone, or old ones have taken their places: nobody can know any longer
 * which keys have ended, nor which have signed unless the JWKS still shows them (docs/limits.md).
 */
function memoryLost(facts: Facts, { servedKids, signerKid }: World): Facts {
  const isShown = (kid: string) => kid === signerKid || servedKids?.includes(kid) === true;
  const shown = (times: ReadonlyMap<string, number>) =>
    new Map([...times].filter(([kid]) => isShown(kid)));
  return {
    ...facts,
    ended: new Set(),
    ordinal: 0,
    isCounted: facts.isCounted && facts.signing !== null && isShown(facts.signing),
    signedUntil: shown(facts.signedUntil),
    borrowedUntil: shown(facts.borrowedUntil),
  };
}

/** Until when issuers may sign with a key, and have their tokens count; null if they never could. */
export function signableUntilMs(facts: Facts, kid: string): number | null {
  if (facts.signing === kid && facts.isCounted) return Number.POSITIVE_INFINITY;
  const times = [facts.signedUntil.get(kid), facts.borrowedUntil.get(kid)];
  const known = times.filter((atMs) => atMs !== undefined);
  return known.length === 0 ? null : Math.max(...known);
}

/** Every key that was in the signer, the one that is in it included. */
export function signingKids({ signing, signedUntil, borrowedUntil }: Facts): readonly string[] {
  const kids = [...signedUntil.keys(), ...borrowedUntil.keys()];
  return [...new Set(signing === null ? kids : [...kids, signing])];
}

/** The keys of which a verifier may still be shown a token. */
export function neededKids(facts: Facts, nowMs: number): readonly string[] {
  return signingKids(facts).filter((kid) => {
    const untilMs = signableUntilMs(facts, kid);
    return untilMs !== null && untilMs + OUTSIDE.tokenLifeMs > nowMs;
  });
}
