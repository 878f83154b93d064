/**
 * The stored form of the ledger: compact, versioned JSON. Its members are always written in the
 * same order, so two ledgers are equal exactly if their texts are.
 */

import { isLongerThan } from '../encoding/byte-length.ts';
import { REQUEST_ID_LENGTH_MAX } from '../formats/names.ts';
import { PUBLISHED_KEYS_MAX } from '../formats/served-set.ts';
import type { Terms } from '../formats/spec.ts';
import { ISSUER, JWKS_URI, URL_LENGTH_MAX } from '../formats/urls.ts';
import {
  IDENTITY_LENGTH_MAX,
  LEDGER_BYTES_MAX,
  LEDGER_KEYS_MAX,
  MANAGER_LENGTH_MAX,
  MANAGERS_NOTED_MAX,
  NAMESPACE_LENGTH_MAX,
  OBJECT_NAME_LENGTH_MAX,
  ORDINAL_MAX,
  TOMBSTONES_MAX,
} from './bounds.ts';
import {
  type Bar,
  type DeletionNote,
  type FoundSigner,
  type JwksNote,
  LEDGER_VERSION,
  type Ledger,
  type LedgerKey,
  ordinalAfter,
  ROLLBACK_REFUSALS,
  type RollbackRefusal,
  type SetRef,
  type Settled,
  type SignerNote,
  type Tombstone,
} from './ledger.ts';
import {
  boolean,
  type Fields,
  integerFrom,
  list,
  Malformed,
  oneOf,
  orNull,
  record,
  textUpTo,
} from './members.ts';
import { generation, instant, keyOf, kidOf, ordinal, termsOf, tombstoneOf } from './stored-keys.ts';
import { LOWERED_MAX, type LoweredTerms, TERM_NAMES } from './terms.ts';

/** The oldest version of the stored form that can still be read. */
const LEDGER_VERSION_MIN = 1;

const identity = textUpTo(IDENTITY_LENGTH_MAX);
const manager = textUpTo(MANAGER_LENGTH_MAX);
const requestId = textUpTo(REQUEST_ID_LENGTH_MAX);

/** Far above any version that there will be: a higher one is no version. */
const LEDGER_VERSION_MAX = 9999;

export type ReadLedger =
  | { readonly kind: 'Ledger'; readonly ledger: Ledger }
  /** Written by a newer version of the operator: it must not be overwritten. */
  | { readonly kind: 'Newer'; readonly version: number }
  | { readonly kind: 'Unreadable'; readonly problem: string };

export function serializeLedger(ledger: Ledger): string {
  return JSON.stringify({
    version: LEDGER_VERSION,
    epochMs: ledger.epochMs,
    generation: ledger.generation,
    set: { namespace: ledger.set.namespace, name: ledger.set.name, uid: ledger.set.uid },
    recovering: ledger.recovering === null ? null : foundSignerForm(ledger.recovering),
    keys: ledger.keys.map(keyForm),
    tombstones: ledger.tombstones.map(
      ({ ordinal, kid, algorithm, reason, removedSeenMs, trustMs }) => ({
        ordinal,
        kid,
        algorithm,
        reason,
        removedSeenMs,
        trustMs,
      }),
    ),
    nextOrdinal: ledger.nextOrdinal,
    previousKid: ledger.previousKid,
    terms: {
      declared: termsForm(ledger.terms.declared),
      lowered: ledger.terms.lowered.map(({ terms, seenMs }) => ({
        terms: termsForm(terms),
        seenMs,
      })),
    },
    publication: { issuer: ledger.publication.issuer, jwksUri: ledger.publication.jwksUri },
    handled: { rotate: ledger.handled.rotate, rollback: ledger.handled.rollback },
    rollbackRefused: ledger.rollbackRefused,
    closed: ledger.closed,
    jwks: ledger.jwks === null ? null : jwksNoteForm(ledger.jwks),
    signer: ledger.signer === null ? null : signerNoteForm(ledger.signer),
    deletion: ledger.deletion === null ? null : deletionForm(ledger.deletion),
  });
}

/** Never throws: whatever is wrong with the text is in the answer. */
export function readLedger(text: string): ReadLedger {
  if (isLongerThan(LEDGER_BYTES_MAX, text)) {
    return unreadable(`it is larger than ${LEDGER_BYTES_MAX} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable('it is not JSON');
  }
  try {
    const form = record(value, 'ledger');
    const version = integerFrom(LEDGER_VERSION_MIN, LEDGER_VERSION_MAX)(form['version'], 'version');
    if (version > LEDGER_VERSION) return { kind: 'Newer', version };
    const upgraded = version === 1 ? fromVersion1(form) : form;
    return { kind: 'Ledger', ledger: ledgerOf(upgraded, version) };
  } catch (error) {
    if (error instanceof Malformed) return unreadable(error.message);
    throw error;
  }
}

function unreadable(problem: string): ReadLedger {
  return { kind: 'Unreadable', problem };
}

function keyForm(key: LedgerKey): unknown {
  const { kty, n, e, crv, x, y, kid, alg, use } = key.publicJwk;
  return {
    ordinal: key.ordinal,
    kid: key.kid,
    algorithm: key.algorithm,
    rsaModulusLength: key.rsaModulusLength,
    publicJwk: { kty, n, e, crv, x, y, kid, alg, use },
    state: key.state,
    imported: key.imported,
    mayHaveSigned: key.mayHaveSigned,
    publishedSeenMs: key.publishedSeenMs,
    activatedMs: key.activatedMs,
    signerSeenMs: key.signerSeenMs,
    signedUntilMs: key.supersededSeenMs,
    settled: key.settled === null ? null : settledForm(key.settled),
    bar: key.bar === null ? null : barForm(key.bar),
    largest: termsForm(key.largest),
  };
}

function settledForm({ seenMs, reload }: Settled): Settled {
  return { seenMs, reload };
}

function barForm({ generation, reason, removedSeenMs }: Bar): Bar {
  return { generation, reason, removedSeenMs };
}

function jwksNoteForm({ uid, resourceVersion, generation, managers }: JwksNote): JwksNote {
  return { uid, resourceVersion, generation, managers };
}

function signerNoteForm({ uid, managers }: SignerNote): SignerNote {
  return { uid, managers };
}

function foundSignerForm({ uid, resourceVersion }: FoundSigner): FoundSigner {
  return { uid, resourceVersion };
}

function deletionForm({ removing, jwksRemovedSeenMs }: DeletionNote): DeletionNote {
  return { removing, jwksRemovedSeenMs };
}

function termsForm(terms: Terms): Record<string, number | null> {
  return Object.fromEntries(TERM_NAMES.map((name) => [name, terms[name]]));
}

/**
 * Version 1 had neither an epoch nor a note of the signer, and a recovery did not say which signer it
 * had found: the operator begins it again.
 */
function fromVersion1(form: Fields): Fields {
  const isRecovering = boolean(form['recovering'], 'recovering');
  const recovering = isRecovering ? { uid: '', resourceVersion: '' } : null;
  return { ...form, epochMs: 0, recovering, signer: null };
}

function ledgerOf(form: Fields, version: number): Ledger {
  const terms = record(form['terms'], 'terms');
  const handled = record(form['handled'], 'handled');
  const publication = record(form['publication'], 'publication');
  const keys = list(form['keys'], 'keys', LEDGER_KEYS_MAX).map(keyOf);
  const tombstones = list(form['tombstones'], 'tombstones', TOMBSTONES_MAX).map(tombstoneOf);
  const counted = { generation: generation(form['generation'], 'generation') };
  requireConsistent(counted, keys, tombstones);
  return {
    epochMs: instant(form['epochMs'], 'epochMs'),
    ...counted,
    set: setRefOf(record(form['set'], 'set')),
    recovering: orNull(form['recovering'], 'recovering', foundSignerOf),
    keys,
    tombstones,
    nextOrdinal: nextOrdinalOf(form, version, [...keys, ...tombstones]),
    previousKid: orNull(form['previousKid'], 'previousKid', kidOf),
    terms: {
      declared: termsOf(terms['declared'], 'terms.declared'),
      lowered: list(terms['lowered'], 'terms.lowered', LOWERED_MAX).map(loweredOf),
    },
    publication: {
      issuer: orNull(publication['issuer'], 'publication.issuer', urlOf(ISSUER)),
      jwksUri: orNull(publication['jwksUri'], 'publication.jwksUri', urlOf(JWKS_URI)),
    },
    handled: {
      rotate: orNull(handled['rotate'], 'handled.rotate', requestId),
      rollback: orNull(handled['rollback'], 'handled.rollback', requestId),
    },
    // The first versions of the operator did not write these two.
    rollbackRefused: orNull(form['rollbackRefused'] ?? null, 'rollbackRefused', refusalOf),
    closed: boolean(form['closed'] ?? false, 'closed'),
    jwks: orNull(form['jwks'], 'jwks', jwksNoteOf),
    signer: orNull(form['signer'], 'signer', signerNoteOf),
    deletion: orNull(form['deletion'], 'deletion', deletionOf),
  };
}

/** Version 1 had only a floor below which every key had ended; above it, the tombstones said so. */
function nextOrdinalOf(
  form: Fields,
  version: number,
  holders: readonly { readonly ordinal: number }[],
): number {
  if (version === 1) {
    const floor = integerFrom(0, ORDINAL_MAX)(form['ordinalFloor'], 'ordinalFloor');
    return ordinalAfter(Math.max(1, floor), holders);
  }
  const nextOrdinal = ordinal(form['nextOrdinal'], 'nextOrdinal');
  if (ordinalAfter(nextOrdinal, holders) === nextOrdinal) return nextOrdinal;
  throw new Malformed('nextOrdinal is not above every ordinal');
}

/** What no single member shows. */
function requireConsistent(
  { generation }: Pick<Ledger, 'generation'>,
  keys: readonly LedgerKey[],
  stones: readonly Tombstone[],
): void {
  const all = [...keys, ...stones];
  if (new Set(all.map(({ kid }) => kid)).size !== all.length) {
    throw new Malformed('a kid appears twice');
  }
  if (new Set(all.map(({ ordinal }) => ordinal)).size !== all.length) {
    throw new Malformed('an ordinal appears twice');
  }
  const active = keys.filter(({ state }) => state === 'Active');
  if (active.length > 1) throw new Malformed('more than one key is active');
  if (active.some(({ bar }) => bar !== null)) throw new Malformed('the active key is barred');
  // A JWKS with more is refused by whoever reads it.
  if (keys.filter(({ bar }) => bar === null).length > PUBLISHED_KEYS_MAX) {
    throw new Malformed(`more than ${PUBLISHED_KEYS_MAX} keys are published`);
  }
  // No JWKS could ever prove the removal.
  if (keys.some(({ bar }) => bar !== null && bar.generation > generation)) {
    throw new Malformed('a key is barred by a later generation');
  }
}

function urlOf(form: RegExp): (value: unknown, name: string) => string {
  return (value, name) => {
    const url = textUpTo(URL_LENGTH_MAX)(value, name);
    if (form.test(url)) return url;
    throw new Malformed(`${name} is not a URL that a spec can have`);
  };
}

function refusalOf(value: unknown, name: string): RollbackRefusal {
  return oneOf(value, name, ROLLBACK_REFUSALS);
}

function jwksNoteOf(value: unknown): JwksNote {
  const form = record(value, 'jwks');
  return {
    uid: identity(form['uid'], 'jwks.uid'),
    resourceVersion: identity(form['resourceVersion'], 'jwks.resourceVersion'),
    generation: generation(form['generation'], 'jwks.generation'),
    managers: managersOf(form['managers'], 'jwks.managers'),
  };
}

function signerNoteOf(value: unknown): SignerNote {
  const form = record(value, 'signer');
  return {
    uid: identity(form['uid'], 'signer.uid'),
    managers: managersOf(form['managers'], 'signer.managers'),
  };
}

function managersOf(value: unknown, name: string): readonly string[] {
  return list(value, name, MANAGERS_NOTED_MAX + 1).map((each) => manager(each, name));
}

function foundSignerOf(value: unknown): FoundSigner {
  const form = record(value, 'recovering');
  return {
    uid: orNull(form['uid'], 'recovering.uid', identity),
    resourceVersion: orNull(form['resourceVersion'], 'recovering.resourceVersion', identity),
  };
}

function deletionOf(value: unknown): DeletionNote {
  const form = record(value, 'deletion');
  return {
    removing: boolean(form['removing'], 'deletion.removing'),
    jwksRemovedSeenMs: orNull(form['jwksRemovedSeenMs'], 'deletion.jwksRemovedSeenMs', instant),
  };
}

function setRefOf(form: Fields): SetRef {
  return {
    namespace: textUpTo(NAMESPACE_LENGTH_MAX)(form['namespace'], 'set.namespace'),
    name: textUpTo(OBJECT_NAME_LENGTH_MAX)(form['name'], 'set.name'),
    uid: identity(form['uid'], 'set.uid'),
  };
}

function loweredOf(value: unknown): LoweredTerms {
  const form = record(value, 'terms.lowered');
  return {
    terms: termsOf(form['terms'], 'terms.lowered.terms'),
    seenMs: instant(form['seenMs'], 'terms.lowered.seenMs'),
  };
}
