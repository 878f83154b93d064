/**
 * What a set's objects can still tell after someone has changed them. An operator has no other memory:
 * if someone took the last object that tells of a key, nothing can be promised of it any more.
 * The copies of the ledger are only compared as texts, and searched for a kid.
 */
import { type Change, HAND } from '../../record/history.ts';
import type { Keys } from './documents.ts';
import type { Timeline } from './timeline.ts';

export interface Memory {
  /** The time of the newest copy that was there just before a change. */
  knownBeforeMs(change: Change): number;
  /** Whether each copy that was the newest since then, up to just before a change, was of that time or later. */
  hasKnownSince(sinceMs: number, change: Change): boolean;
  /** When someone took the last that told of a key; Infinity if it was always known. */
  lostMs(kid: string): number;
  /** Instants at which someone took the last copy of the ledger: no state of a key is known since. */
  readonly wipes: readonly number[];
  /** Instants at which nothing was left of the set: what comes after is another set. */
  readonly ends: readonly number[];
  /** When the life began that an instant is in; long ago for the first. */
  beganMs(atMs: number): number;
  /** Whether the life that an instant is in has taken over what someone put back of an earlier one. */
  isResumed(atMs: number): boolean;
  /** Those at which nobody had waited for the caches: nobody counts as its verifier any more. */
  readonly abruptEnds: readonly number[];
}

interface Places {
  readonly copies: { signer: string; jwks: string; set: string };
  jwksKeys: Keys | null;
  jwksExists: boolean;
  jwksByHand: boolean;
  signerExists: boolean;
  signerKid: string;
  statusHasKeys: boolean;
  /** Whether someone had a part in the end of the signer, or the wait before it was skipped. */
  isAbrupt: boolean;
  /** The kid in each key Secret, by the Secret's name. */
  readonly secrets: Map<string, string>;
  /** Names of those that no operator has made in this life. */
  readonly earlierSecrets: Set<string>;
}

/** What one change does to what is there. */
interface Move {
  readonly change: Change;
  readonly byHand: boolean;
  readonly apply: (places: Places) => void;
  /** The copy that the change wrote. */
  readonly copy: string;
}

interface Known {
  readonly revision: number;
  readonly atMs: number;
  readonly asOfMs: number;
}

const LONG_AGO = Number.NEGATIVE_INFINITY;
const NEVER = Number.POSITIVE_INFINITY;

export function memoryOf(timeline: Timeline): Memory {
  const places: Places = {
    copies: { signer: '', jwks: '', set: '' },
    jwksKeys: null,
    jwksExists: false,
    jwksByHand: false,
    signerExists: false,
    signerKid: '',
    statusHasKeys: false,
    isAbrupt: false,
    secrets: new Map(),
    earlierSecrets: new Set(),
  };
  const writtenMs = new Map<string, number>();
  const known: Known[] = [];
  const kids = new Set<string>();
  const lost = new Map<string, number>();
  const ends: number[] = [];
  const abruptEnds: number[] = [];
  const wipes: number[] = [];
  const resumed = new Set<number>();
  let earlierKids: ReadonlySet<string> = new Set();
  let [isPublished, wasTold] = [false, false];
  for (const { change, byHand, apply, copy } of movesOf(timeline)) {
    apply(places);
    if (!byHand && copy !== '') writtenMs.set(copy, change.atMs);
    const newest = newestCopy(places, writtenMs);
    const beganMs = ends.at(-1) ?? LONG_AGO;
    // A copy of an earlier life tells nothing of this one's keys.
    const isTold = newest !== null && newest.asOfMs >= beganMs;
    if (wasTold && !isTold) wipes.push(change.atMs);
    wasTold = isTold;
    if (!isTold && goesOn(places, writtenMs, earlierKids)) resumed.add(beganMs);
    const { revision, atMs } = change;
    known.push({ revision, atMs, asOfMs: newest?.asOfMs ?? LONG_AGO });
    for (const kid of places.jwksKeys?.keys() ?? []) kids.add(kid);
    if (byHand) {
      for (const kid of kids) {
        if (!lost.has(kid) && !tellsOf(places, newest?.text ?? null, kid)) {
          lost.set(kid, change.atMs);
        }
      }
    }
    isPublished ||= places.jwksExists;
    if (isPublished && isNothingLeft(places)) {
      ends.push(change.atMs);
      if (places.isAbrupt) abruptEnds.push(change.atMs);
      isPublished = false;
      earlierKids = new Set(kids);
      for (const name of places.secrets.keys()) places.earlierSecrets.add(name);
    }
  }
  const beganMs = (atMs: number) => ends.findLast((endMs) => endMs <= atMs) ?? LONG_AGO;
  return {
    knownBeforeMs: ({ revision }) => lastBefore(known, revision)?.asOfMs ?? LONG_AGO,
    hasKnownSince: (sinceMs, { revision }) =>
      known.every((each) => {
        const isBetween = each.revision < revision && each.atMs > sinceMs;
        return !isBetween || each.asOfMs >= sinceMs;
      }),
    lostMs: (kid) => lost.get(kid) ?? NEVER,
    wipes,
    ends,
    abruptEnds,
    beganMs,
    isResumed: (atMs) => resumed.has(beganMs(atMs)),
  };
}

/** By halves: it is asked for very often. */
function lastBefore(known: readonly Known[], revision: number): Known | null {
  let [from, to] = [0, known.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((known[middle]?.revision ?? 0) < revision) from = middle + 1;
    else to = middle;
  }
  return known[from - 1] ?? null;
}

function movesOf({ sets, signer, jwks, keySecrets }: Timeline): readonly Move[] {
  const moves: readonly Move[] = [
    ...sets.map(({ change, byHand, copy, status, skipsWait }) => ({
      change,
      byHand,
      copy,
      apply: (places: Places) => {
        places.copies.set = copy;
        places.statusHasKeys = (status.keys ?? []).length > 0;
        places.isAbrupt ||= skipsWait;
      },
    })),
    ...signer.map(({ change, copy, facts }) => ({
      change,
      byHand: change.author === HAND,
      copy,
      apply: (places: Places) => {
        places.copies.signer = copy;
        places.signerExists = facts !== null;
        // A new one is the beginning of another life.
        if (change.before === null) places.isAbrupt = false;
        if (facts === null) places.isAbrupt ||= change.author === HAND;
        places.signerKid = facts?.kind === 'Key' ? facts.kid : '';
      },
    })),
    ...jwks.map(({ change, byHand, copy, keys }) => ({
      change,
      byHand,
      copy,
      apply: (places: Places) => {
        places.copies.jwks = copy;
        places.jwksKeys = keys;
        places.jwksExists = change.after !== null;
        places.jwksByHand = byHand;
      },
    })),
    ...keySecrets.map(({ change, byHand, facts }) => ({
      change,
      byHand,
      copy: '',
      apply: ({ secrets, earlierSecrets }: Places) => {
        if (change.after === null) secrets.delete(change.name);
        else secrets.set(change.name, facts?.kid ?? '');
        if (byHand && change.after !== null) earlierSecrets.add(change.name);
        else if (change.before === null || change.after === null)
          earlierSecrets.delete(change.name);
      },
    })),
  ];
  return [...moves].sort((a, b) => a.change.revision - b.change.revision);
}

function newestCopy(
  { copies }: Places,
  writtenMs: ReadonlyMap<string, number>,
): { readonly text: string; readonly asOfMs: number } | null {
  const standing = Object.values(copies).flatMap((text) => {
    const asOfMs = writtenMs.get(text);
    return asOfMs === undefined ? [] : [{ text, asOfMs }];
  });
  return standing.sort((a, b) => b.asOfMs - a.asOfMs)[0] ?? null;
}

/** A copy tells all there is; without any, the objects themselves must. */
function tellsOf(places: Places, copy: string | null, kid: string): boolean {
  if (copy !== null) return copy.includes(kid);
  const { jwksKeys, signerKid, secrets } = places;
  return jwksKeys?.has(kid) === true || signerKid === kid || [...secrets.values()].includes(kid);
}

/**
 * Whether what someone put back of an earlier life can't be told from what a set left behind that was to retain
 * its objects: a JWKS or a status of it, a signer without a JWKS, or several key Secrets alone. A single key
 * Secret can be told, and so can anything beside a JWKS that an operator made in this life.
 */
function goesOn(
  places: Places,
  writtenMs: ReadonlyMap<string, number>,
  earlierKids: ReadonlySet<string>,
): boolean {
  const { copies, jwksExists, jwksByHand, jwksKeys, signerExists, earlierSecrets } = places;
  if (writtenMs.has(copies.jwks) || writtenMs.has(copies.set)) return true;
  if (jwksExists) {
    return jwksByHand && [...(jwksKeys?.keys() ?? [])].some((kid) => earlierKids.has(kid));
  }
  return signerExists ? writtenMs.has(copies.signer) : earlierSecrets.size > 1;
}

/** What the first key's rule asks for: nothing shows that there ever was another key. */
function isNothingLeft(places: Places): boolean {
  const { jwksExists, signerExists, statusHasKeys, secrets, copies } = places;
  const isTold = statusHasKeys || copies.set !== '';
  return !jwksExists && !signerExists && !isTold && secrets.size <= 1;
}
