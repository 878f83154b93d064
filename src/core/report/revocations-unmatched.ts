/** The condition `RevocationsUnmatched`: entries of `spec.revocations` that match no key, and why that may be. */

import type { Verdict } from '../formats/status.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Situation } from '../reading/situation.ts';
import { KIDS_NAMED_MAX, namedKids, revocationFates } from './revocation-fates.ts';

type Unmatched = Verdict & {
  readonly type: 'RevocationsUnmatched';
  readonly reason: 'KidUnknown';
};

/** An RFC 7638 thumbprint, the kid of every key that an operator makes. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** A shorter part of a kid is in many of them. */
const PART_LENGTH_MIN = 8;
/** The maximum number of wrong characters that count as slips. With more, it is another kid. */
const SLIPS_MAX = 2;

/** @returns null if each entry matches a key, or without a ledger that says which keys there are. */
export function revocationsUnmatched(situation: Situation): Unmatched | null {
  const { ledgerState } = situation;
  if (ledgerState.kind !== 'Sound') return null;
  const { ledger } = ledgerState;
  const kids = revocationFates(situation, ledger)
    .filter(({ kind }) => kind === 'Unmatched')
    .map(({ kid }) => kid);
  if (kids.length === 0) return null;
  const message = [
    `${namedKids(kids)}: no key of this set has such a kid, so nothing was changed. It may be mistyped: compare it ` +
      'with status.keys and with the kid in the header of a token.',
    ...similarTexts(kids, ledger),
    ...formTexts(kids, ledger),
    ...forgottenTexts(ledger),
    'An entry stays in force: if a key with its kid appears, restored from a backup for example, it is revoked.',
  ].join(' ');
  return { type: 'RevocationsUnmatched', status: 'True', reason: 'KidUnknown', message };
}

function knownKids({ keys, tombstones }: Ledger): readonly string[] {
  return [...keys, ...tombstones].map(({ kid }) => kid);
}

function similarTexts(kids: readonly string[], ledger: Ledger): readonly string[] {
  const found = kids.flatMap((kid) => {
    const similar = knownKids(ledger).find((known) => isSimilar(kid, known));
    return similar === undefined ? [] : [`${kid} resembles ${similar}.`];
  });
  return found.slice(0, KIDS_NAMED_MAX);
}

/** A part of a kid, a kid with something around it, or one with slips. */
function isSimilar(kid: string, known: string): boolean {
  const [a, b] = [kid.toLowerCase(), known.toLowerCase()];
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < PART_LENGTH_MIN) return false;
  if (long.includes(short)) return true;
  const slips = [...a].filter((character, index) => character !== b[index]).length;
  return a.length === b.length && slips <= SLIPS_MAX;
}

/** Only if all keys of the set have kids of one form: an imported one can have any. */
function formTexts(kids: readonly string[], ledger: Ledger): readonly string[] {
  const impossible = kids.filter((kid) => !THUMBPRINT.test(kid));
  const known = knownKids(ledger);
  // A key that the set has forgotten may have been an imported one.
  if (hasForgotten(ledger)) return [];
  if (impossible.length === 0 || !known.every((kid) => THUMBPRINT.test(kid))) return [];
  return [
    `${namedKids(impossible)} cannot be of this set: its kids have 43 letters, digits, '-' and '_'.`,
  ];
}

/** Or some ordinals were passed over: nobody can tell. */
function hasForgotten({ keys, tombstones, nextOrdinal }: Ledger): boolean {
  return keys.length + tombstones.length < nextOrdinal - 1;
}

/** Of keys that ended long ago, only the ordinals are known: not that they had this kid, nor that they had not. */
function forgottenTexts(ledger: Ledger): readonly string[] {
  if (!hasForgotten(ledger)) return [];
  return [
    'The set remembers only the ordinals of keys that ended long ago: if it is the kid of such a key, keep the entry.',
  ];
}
