/**
 * The stored form of the ledger: compact, versioned JSON. Its members are always written in the
 * same order, so two ledgers are equal exactly if their texts are.
 */

import { parsePublishedJwk } from '../formats/jwk.ts';
import { ORDINAL_TAKEN_MAX } from '../formats/names.ts';
import { ALGORITHMS, RELOADS, RSA_MODULUS_LENGTHS, type Terms } from '../formats/spec.ts';
import {
  type Bar,
  type DeletionNote,
  type EndReason,
  type FoundSigner,
  type JwksNote,
  LEDGER_VERSION,
  type Ledger,
  type LedgerKey,
  type LedgerKeyState,
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
  integer,
  list,
  Malformed,
  oneOf,
  orNull,
  record,
  text,
} from './members.ts';
import { LOWERED_MAX, type LoweredTerms, TERM_NAMES } from './terms.ts';

/** The oldest version of the stored form that can still be read. */
const LEDGER_VERSION_MIN = 1;

/** Kubernetes allows 256 KiB for all annotations of an object; a ledger stays far below that. */
export const LEDGER_BYTES_MAX = 96 * 1024;
export const LEDGER_KEYS_MAX = 16;
export const TOMBSTONES_MAX = 128;
/** An operator never reaches a higher generation or epoch. In milliseconds this is the year 11,000. */
export const COUNT_MAX = 285_000_000_000_000;

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
  if (text.length > LEDGER_BYTES_MAX)
    return unreadable(`it is larger than ${LEDGER_BYTES_MAX} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable('it is not JSON');
  }
  try {
    const form = record(value, 'ledger');
    const version = integer(form['version'], 'version');
    if (version > LEDGER_VERSION) return { kind: 'Newer', version };
    if (version < LEDGER_VERSION_MIN) return unreadable(`version ${version} is unknown`);
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
  requireDistinct(keys, tombstones);
  return {
    epochMs: countable(form['epochMs'], 'epochMs'),
    generation: countable(form['generation'], 'generation'),
    set: setRefOf(record(form['set'], 'set')),
    recovering: orNull(form['recovering'], 'recovering', foundSignerOf),
    keys,
    tombstones,
    nextOrdinal: nextOrdinalOf(form, version, [...keys, ...tombstones]),
    previousKid: orNull(form['previousKid'], 'previousKid', text),
    terms: {
      declared: termsOf(terms['declared'], 'terms.declared'),
      lowered: list(terms['lowered'], 'terms.lowered', LOWERED_MAX).map(loweredOf),
    },
    publication: {
      issuer: orNull(publication['issuer'], 'publication.issuer', text),
      jwksUri: orNull(publication['jwksUri'], 'publication.jwksUri', text),
    },
    handled: {
      rotate: orNull(handled['rotate'], 'handled.rotate', text),
      rollback: orNull(handled['rollback'], 'handled.rollback', text),
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
    return ordinalAfter(Math.max(1, integer(form['ordinalFloor'], 'ordinalFloor')), holders);
  }
  const nextOrdinal = integer(form['nextOrdinal'], 'nextOrdinal');
  if (nextOrdinal > ORDINAL_TAKEN_MAX) throw new Malformed('nextOrdinal is too high');
  if (ordinalAfter(Math.max(1, nextOrdinal), holders) === nextOrdinal) return nextOrdinal;
  throw new Malformed('nextOrdinal is not above every ordinal');
}

/** What an operator has counted can be counted on from. */
function countable(value: unknown, name: string): number {
  const count = integer(value, name);
  if (count > COUNT_MAX) throw new Malformed(`${name} is too high`);
  return count;
}

function requireDistinct(keys: readonly LedgerKey[], stones: readonly Tombstone[]): void {
  const all = [...keys, ...stones];
  if (new Set(all.map(({ kid }) => kid)).size !== all.length) {
    throw new Malformed('a kid appears twice');
  }
  if (new Set(all.map(({ ordinal }) => ordinal)).size !== all.length) {
    throw new Malformed('an ordinal appears twice');
  }
  if (keys.filter(({ state }) => state === 'Active').length > 1) {
    throw new Malformed('more than one key is active');
  }
}

function keyOf(value: unknown): LedgerKey {
  const form = record(value, 'key');
  const publicJwk = parsePublishedJwk(form['publicJwk']);
  if ('problem' in publicJwk) throw new Malformed(publicJwk.problem);
  const kid = text(form['kid'], 'kid');
  if (publicJwk.kid !== kid) throw new Malformed('a key and its JWK have different kids');
  return {
    ordinal: integer(form['ordinal'], 'ordinal'),
    kid,
    algorithm: oneOf(form['algorithm'], 'algorithm', ALGORITHMS),
    rsaModulusLength: orNull(form['rsaModulusLength'], 'rsaModulusLength', (length, name) =>
      oneOf(length, name, RSA_MODULUS_LENGTHS),
    ),
    publicJwk,
    state: oneOf<LedgerKeyState>(form['state'], 'state', ['Pending', 'Active', 'Retiring']),
    imported: boolean(form['imported'], 'imported'),
    mayHaveSigned: boolean(form['mayHaveSigned'], 'mayHaveSigned'),
    publishedSeenMs: orNull(form['publishedSeenMs'], 'publishedSeenMs', integer),
    activatedMs: orNull(form['activatedMs'], 'activatedMs', integer),
    signerSeenMs: orNull(form['signerSeenMs'], 'signerSeenMs', integer),
    supersededSeenMs: orNull(form['signedUntilMs'], 'signedUntilMs', integer),
    // The first versions of the operator did not check pods.
    settled: orNull(form['settled'] ?? null, 'settled', settledOf),
    bar: orNull(form['bar'], 'bar', barOf),
    largest: termsOf(form['largest'], 'largest'),
  };
}

function refusalOf(value: unknown, name: string): RollbackRefusal {
  return oneOf(value, name, ROLLBACK_REFUSALS);
}

const END_REASONS: readonly EndReason[] = ['Retired', 'Superseded', 'SecretLost', 'Revoked'];

function settledOf(value: unknown): Settled {
  const form = record(value, 'settled');
  return {
    seenMs: integer(form['seenMs'], 'settled.seenMs'),
    reload: oneOf(form['reload'], 'settled.reload', RELOADS),
  };
}

function barOf(value: unknown): Bar {
  const form = record(value, 'bar');
  return {
    generation: integer(form['generation'], 'bar.generation'),
    reason: oneOf(form['reason'], 'bar.reason', END_REASONS),
    removedSeenMs: orNull(form['removedSeenMs'], 'bar.removedSeenMs', integer),
  };
}

function tombstoneOf(value: unknown): Tombstone {
  const form = record(value, 'tombstone');
  return {
    ordinal: integer(form['ordinal'], 'tombstone.ordinal'),
    kid: text(form['kid'], 'tombstone.kid'),
    algorithm: oneOf(form['algorithm'], 'tombstone.algorithm', ALGORITHMS),
    reason: oneOf(form['reason'], 'tombstone.reason', END_REASONS),
    removedSeenMs: orNull(form['removedSeenMs'], 'tombstone.removedSeenMs', integer),
    trustMs: orNull(form['trustMs'], 'tombstone.trustMs', integer),
  };
}

function jwksNoteOf(value: unknown): JwksNote {
  const form = record(value, 'jwks');
  return {
    uid: text(form['uid'], 'jwks.uid'),
    resourceVersion: text(form['resourceVersion'], 'jwks.resourceVersion'),
    generation: integer(form['generation'], 'jwks.generation'),
    managers: managersOf(form['managers'], 'jwks.managers'),
  };
}

function signerNoteOf(value: unknown): SignerNote {
  const form = record(value, 'signer');
  return {
    uid: text(form['uid'], 'signer.uid'),
    managers: managersOf(form['managers'], 'signer.managers'),
  };
}

function managersOf(value: unknown, name: string): readonly string[] {
  return list(value, name, 64).map((manager) => text(manager, name));
}

function foundSignerOf(value: unknown): FoundSigner {
  const form = record(value, 'recovering');
  return {
    uid: orNull(form['uid'], 'recovering.uid', text),
    resourceVersion: orNull(form['resourceVersion'], 'recovering.resourceVersion', text),
  };
}

function deletionOf(value: unknown): DeletionNote {
  const form = record(value, 'deletion');
  return {
    removing: boolean(form['removing'], 'deletion.removing'),
    jwksRemovedSeenMs: orNull(form['jwksRemovedSeenMs'], 'deletion.jwksRemovedSeenMs', integer),
  };
}

function setRefOf(form: Fields): SetRef {
  return {
    namespace: text(form['namespace'], 'set.namespace'),
    name: text(form['name'], 'set.name'),
    uid: text(form['uid'], 'set.uid'),
  };
}

function loweredOf(value: unknown): LoweredTerms {
  const form = record(value, 'terms.lowered');
  return {
    terms: termsOf(form['terms'], 'terms.lowered.terms'),
    seenMs: integer(form['seenMs'], 'terms.lowered.seenMs'),
  };
}

function termsOf(value: unknown, name: string): Terms {
  const form = record(value, name);
  const term = (key: keyof Terms) => integer(form[key], `${name}.${key}`);
  return {
    tokenTtlMs: term('tokenTtlMs'),
    verifierCacheTtlMs: term('verifierCacheTtlMs'),
    verifierTrustMs: orNull(form['verifierTrustMs'], `${name}.verifierTrustMs`, integer),
    sharedCacheTtlMs: term('sharedCacheTtlMs'),
    publicationDelayMs: term('publicationDelayMs'),
    signerRefreshDelayMs: term('signerRefreshDelayMs'),
    verifierLeewayMs: term('verifierLeewayMs'),
    clockSkewMs: term('clockSkewMs'),
  };
}
