/**
 * What was where, and since when: the changes of a history as versions of the set, of the
 * signer Secret, of the JWKS and of the key Secrets. Each object is read once.
 */
import { ANNOTATION, ordinalOfKeySecret, SET_PLURAL } from '../../../../src/core/formats/names.ts';

import { type JsonObject, metadataOf, text } from '../../../fake-api/json/json.ts';
import { type Change, HAND, type History } from '../../record/history.ts';
import { DeclaredTerms } from './declared-terms.ts';
import {
  annotationsOf,
  type KeyFacts,
  type Keys,
  keyFactsOf,
  keysOf,
  ownerOf,
  privateKeyIn,
  type ServedAges,
  type SignerFacts,
  servedAgesOf,
  signerFactsOf,
} from './documents.ts';
import { type ReadingPod, readingPods } from './reading-pods.ts';
import { type SetVersion, setVersions } from './set-versions.ts';

/** The operator's own bound, by docs/rotation.md: min(30 s, half of P + H + C + S). */
const WRITE_DEADLINE_MS_MAX = 30_000;

interface Version {
  readonly atMs: number;
  /** Whether someone other than an operator brought about what is here. */
  readonly byHand: boolean;
  readonly change: Change;
  /** The ledger's text in it, only ever compared; empty if there is none. */
  readonly copy: string;
}

export interface JwksVersion extends Version {
  /** Null if the ConfigMap is gone, or holds no good set. */
  readonly keys: Keys | null;
  readonly ages: ServedAges | null;
}

export interface SignerVersion extends Version {
  /** Null if the Secret is gone. */
  readonly facts: SignerFacts | null;
}

export interface KeySecretVersion {
  readonly atMs: number;
  readonly byHand: boolean;
  readonly change: Change;
  readonly ordinal: number;
  /** Of which key it is, also after its deletion; null if nothing ever told. */
  readonly facts: KeyFacts | null;
  /** Someone else put the key there, which is under another name already. */
  readonly isCopy: boolean;
}

export interface Timeline {
  readonly history: History;
  readonly terms: DeclaredTerms;
  readonly sets: readonly SetVersion[];
  readonly jwks: readonly JwksVersion[];
  readonly signer: readonly SignerVersion[];
  readonly keySecrets: readonly KeySecretVersion[];
  readonly pods: readonly ReadingPod[];
  readonly names: { readonly signer: string; readonly jwks: string };
}

/** @returns null if no set was ever declared: then nothing is promised. */
export function timelineOf(history: History): Timeline | null {
  const { namespace, setName } = history;
  const own = history.changes.filter((change) => change.namespace === namespace);
  const of = (resource: string, name: string) =>
    own.filter((change) => change.resource === resource && change.name === name);
  const sets = setVersions(of(SET_PLURAL, setName));
  const spec = sets.find((version) => version.spec !== null)?.spec;
  if (!spec) return null;
  const names = { signer: spec.signerName, jwks: spec.jwksName };
  const isOurs = (object: JsonObject | null) => {
    const owner = object === null ? null : ownerOf(object);
    return owner?.namespace === namespace && owner.name === setName;
  };
  return {
    history,
    terms: new DeclaredTerms(declarationsOf(sets)),
    sets,
    jwks: fromOursOn(of('configmaps', names.jwks), isOurs).map(jwksVersion),
    signer: signerVersions(fromOursOn(of('secrets', names.signer), isOurs)),
    keySecrets: keySecretVersions(own, setName),
    pods: readingPods(own),
    names,
  };
}

/** A stranger's object under the name is not of the set until an operator or our mark is on it. */
function fromOursOn(
  changes: readonly Change[],
  isOurs: (object: JsonObject | null) => boolean,
): readonly Change[] {
  const first = changes.findIndex(({ author, after }) => author !== HAND || isOurs(after));
  return first === -1 ? [] : changes.slice(first);
}

function declarationsOf(sets: readonly SetVersion[]) {
  const declared = sets.flatMap(({ atMs, spec, verifiers }) =>
    spec === null ? [] : [{ fromMs: atMs, terms: spec.terms, verifiers }],
  );
  return declared.filter(({ terms }, index) => declared[index - 1]?.terms !== terms);
}

function jwksVersion(change: Change): JwksVersion {
  const { atMs, author, after } = change;
  const keys = after === null ? null : keysOf(after);
  const ages = after === null ? null : servedAgesOf(after);
  return { atMs, byHand: author === HAND, change, copy: copyIn(after), keys, ages };
}

/** An operator that writes only the ledger leaves what someone put into the values. */
function signerVersions(changes: readonly Change[]): readonly SignerVersion[] {
  let previous: SignerVersion | null = null;
  return changes.map((change) => {
    const { atMs, author, before, after } = change;
    const isSame: boolean = previous !== null && sameData(before, after);
    const facts = isSame ? (previous?.facts ?? null) : after === null ? null : signerFactsOf(after);
    const byHand: boolean = isSame ? (previous?.byHand ?? false) : author === HAND;
    previous = { atMs, byHand, change, copy: copyIn(after), facts };
    return previous;
  });
}

function sameData(before: JsonObject | null, after: JsonObject | null): boolean {
  if (before === null || after === null) return false;
  return JSON.stringify(before['data'] ?? null) === JSON.stringify(after['data'] ?? null);
}

/** One without its annotations is known by its UID, or by the private key, if either was ever told of. */
function keySecretVersions(
  changes: readonly Change[],
  setName: string,
): readonly KeySecretVersion[] {
  const known = new Map<string, KeyFacts>();
  const firstNames = new Map<string, string>();
  const copies = new Set<string>();
  return changes.flatMap((change) => {
    const { resource, name, atMs, author, before, after } = change;
    const ordinal = resource === 'secrets' ? ordinalOfKeySecret(setName, name) : null;
    const object = after ?? before;
    if (ordinal === null || object === null) return [];
    const marks = [text(metadataOf(object), 'uid'), privateKeyIn(object)];
    const [told] = marks.flatMap((mark) => known.get(mark) ?? []);
    const facts = told ?? keyFactsOf(object);
    const byHand = author === HAND;
    // Edited to hold the private key of another Secret: its own is lost already.
    const held = known.get(marks[1] ?? '') ?? facts;
    if (byHand && held?.kid !== facts?.kid) copies.add(marks[0] ?? '');
    else if (facts !== null) for (const mark of marks) if (mark !== '') known.set(mark, facts);
    const firstName = firstNames.get(facts?.kid ?? '') ?? name;
    if (facts !== null) firstNames.set(facts.kid, firstName);
    if (before === null && byHand && firstName !== name) copies.add(marks[0] ?? '');
    return [{ atMs, byHand, change, ordinal, facts, isCopy: copies.has(marks[0] ?? '') }];
  });
}

function copyIn(object: JsonObject | null): string {
  return object === null ? '' : text(annotationsOf(object), ANNOTATION.ledger);
}

/** The version that is valid at an instant, those of the instant included. */
export function standingAt<V extends { readonly atMs: number }>(
  versions: readonly V[],
  atMs: number,
): V | null {
  return versions.findLast((version) => version.atMs <= atMs) ?? null;
}

/** The version that a change found: that of the greatest revision below its own. */
export function standingBefore<V extends { readonly change: Change }>(
  versions: readonly V[],
  { revision }: Change,
): V | null {
  return versions.findLast((version) => version.change.revision < revision) ?? null;
}

/**
 * A write is judged on two readings of its author: when the earlier of the two began; null if nobody
 * noted both.
 */
export function judgedOnMs({ history }: Timeline, { author, atMs }: Change): number | null {
  const read = (history.readings ?? []).filter(
    (reading) => reading.who === author && reading.atMs <= atMs,
  );
  return read.at(-2)?.atMs ?? null;
}

/** How long after the readings that it was judged by a write may still land. */
export function deadlineMs({ terms }: Timeline, atMs: number): number {
  const lead = [
    'publicationDelayMs',
    'sharedCacheTtlMs',
    'verifierCacheTtlMs',
    'clockSkewMs',
  ] as const;
  const sumMs = lead.reduce((sum, name) => sum + terms.at(name, atMs), 0);
  return Math.min(WRITE_DEADLINE_MS_MAX, sumMs / 2);
}
