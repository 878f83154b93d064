/** Small histories from a table of moves, with keys that are nothing but a letter. */
import {
  ANNOTATION,
  keySecretName,
  LABEL,
  REQUEST,
  SECRET_TYPE,
  SET_PLURAL,
  SIGNER_FILE,
} from '../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf } from '../../fake-api/json/json.ts';
import { FAST_SPEC } from '../../support/fast-spec.ts';
import { type Change, HAND, type History } from '../record/history.ts';
import { judge } from './judge.ts';
import type { Broken } from './verdict/rules.ts';

export const OPERATOR = 'operator-1';
const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** Letters of kids, `a*` for another key of the same kid, `!` for rubbish; null deletes. */
type Content = string | JsonObject | null;
type What =
  | 'set'
  | 'deletion'
  | 'adoption'
  | 'rotate'
  | 'rollback'
  | 'status'
  | 'jwks'
  | 'signer'
  | `key-${number}`
  | `${string}/${string}`;
export type Move = readonly [atSeconds: number, author: string, what: What, content: Content];

const NAMESPACE = 'auth';
const SET = 'payments';

/** The first key, `a`, signs from second 1 on. */
export const FIRST_KEY: readonly Move[] = [
  [1, OPERATOR, 'key-1', 'a'],
  [1, OPERATOR, 'jwks', 'a'],
  [1, OPERATOR, 'signer', 'a'],
];

/** The next one, `b`, is published at second 20. */
export const NEXT_KEY: readonly Move[] = [
  [20, OPERATOR, 'key-2', 'b'],
  [20, OPERATOR, 'jwks', 'a b'],
];

export interface Found {
  readonly atSeconds: number;
  readonly message: string;
}

/** What the judge has to say of one promise. */
export function violationsOf(
  moves: readonly Move[],
  promise: Broken,
  endSeconds?: number,
): readonly Found[] {
  const { violations } = judge(smallHistory(moves, endSeconds), { seed: 7 });
  return violations
    .filter((violation) => violation.promise === promise)
    .map(({ atMs, message }) => ({ atSeconds: (atMs - START_MS) / 1000, message }));
}

/** T 8s, C 5s, P 2s, Ps 2s, L 1s, S 1s; it begins with the set, declared by hand. */
export function smallHistory(moves: readonly Move[], endSeconds = 120): History {
  const book = new Book();
  book.write([0, HAND, 'set', {}]);
  for (const move of moves) book.write(move);
  const endMs = START_MS + endSeconds * 1000;
  const { changes } = book;
  return { namespace: NAMESPACE, setName: SET, startMs: START_MS, endMs, changes };
}

/** An instant as a status shows it. */
export function timeAt(seconds: number): string {
  return new Date(START_MS + seconds * 1000).toISOString();
}

class Book {
  readonly changes: Change[] = [];
  readonly #objects = new Map<string, JsonObject>();
  /** Every kid so far: what a ledger, here a mere text, knows. */
  readonly #kids = new Set<string>();
  #revision = 1;
  #generation = 0;

  write([atSeconds, author, what, content]: Move): void {
    const [resource, name] = placeOf(what);
    const key = `${resource}/${name}`;
    const before = this.#objects.get(key) ?? null;
    const body = content === null ? null : this.#bodyOf(what, content, before);
    if (author !== HAND && (what === 'signer' || what === 'status')) this.#generation += 1;
    const after = body === null ? null : this.#signed(body, before, author, what, name);
    if (after === null) this.#objects.delete(key);
    else this.#objects.set(key, after);
    this.#revision += 1;
    const atMs = START_MS + atSeconds * 1000;
    const change = { resource, namespace: NAMESPACE, name, before, after, author, atMs };
    this.changes.push({ ...change, revision: this.#revision });
  }

  #bodyOf(what: What, content: string | JsonObject, before: JsonObject | null): JsonObject {
    if (what === 'deletion') return deleted(before ?? {}, content === 'skip');
    if (what === 'adoption') return annotated(before ?? {}, { [REQUEST.adopt]: String(content) });
    if (what === 'rotate' || what === 'rollback') {
      return annotated(before ?? {}, { [REQUEST[what]]: String(content) });
    }
    if (typeof content !== 'string') {
      if (what === 'set') {
        const spec = before === null ? FAST_SPEC : child(before, 'spec');
        return { ...before, spec: { ...spec, ...content } };
      }
      if (what === 'status') return { ...before, status: content };
      return content;
    }
    for (const kid of content.match(/\w/g) ?? []) this.#kids.add(kid);
    if (what === 'jwks') return { ...before, data: { 'jwks.json': jwksOf(content) } };
    if (what === 'signer') return { ...before, type: SECRET_TYPE.signer, data: signerOf(content) };
    const annotations = { [ANNOTATION.publicJwk]: JSON.stringify(jwkOf(content)) };
    const data = { [SIGNER_FILE.pem]: `pem of ${content}` };
    return { ...before, type: SECRET_TYPE.key, data, metadata: { annotations } };
  }

  /** As an operator leaves an object, with its mark and the ledger; someone else leaves both. */
  #signed(
    body: JsonObject,
    before: JsonObject | null,
    author: string,
    what: What,
    name: string,
  ): JsonObject {
    const uid = metadataOf(before ?? {})['uid'] ?? `uid-${this.#revision}`;
    const given = metadataOf(body);
    const ledger = `${this.#generation} ${[...this.#kids].join('')}`;
    const isOurs = author !== HAND && !what.includes('/') && what !== 'status' && what !== 'set';
    const own = {
      [ANNOTATION.owner]: JSON.stringify({ namespace: NAMESPACE, name: SET, uid: 'uid-1' }),
      ...(what === 'signer' || what === 'jwks' ? { [ANNOTATION.ledger]: ledger } : {}),
    };
    const annotations = { ...child(given, 'annotations'), ...(isOurs ? own : {}) };
    const labels = { ...child(given, 'labels'), ...(isOurs ? { [LABEL.set]: SET } : {}) };
    const metadata = { ...given, uid, name, namespace: NAMESPACE, labels, annotations };
    if (what !== 'status') return { ...body, metadata };
    const copy = author === HAND ? {} : { ledger };
    return { ...body, metadata, status: { ...child(body, 'status'), ...copy } };
  }
}

/** A set that waits for its finalizer to go; with the annotation that skips the wait. */
function deleted(set: JsonObject, isSkipped: boolean): JsonObject {
  const metadata = metadataOf(set);
  const uid = String(metadata['uid']);
  const going = { ...set, metadata: { ...metadata, deletionTimestamp: timeAt(0) } };
  return annotated(going, isSkipped ? { [REQUEST.skipDeletionWait]: uid } : {});
}

function annotated(object: JsonObject, more: JsonObject): JsonObject {
  const metadata = metadataOf(object);
  const annotations = { ...child(metadata, 'annotations'), ...more };
  return { ...object, metadata: { ...metadata, annotations } };
}

const ON_THE_SET: readonly string[] = [
  'set',
  'status',
  'deletion',
  'adoption',
  'rotate',
  'rollback',
];

function placeOf(what: What): readonly [resource: string, name: string] {
  if (ON_THE_SET.includes(what)) return [SET_PLURAL, SET];
  if (what === 'jwks') return ['configmaps', `${SET}-jwks`];
  if (what === 'signer') return ['secrets', `${SET}-signer`];
  const ordinal = /^key-(\d+)$/.exec(what)?.[1];
  if (ordinal !== undefined) return ['secrets', keySecretName(SET, Number(ordinal))];
  const [resource = '', name = ''] = what.split('/');
  return [resource, name];
}

/** `a` is a key of the kid `a`; `a*` is another one. */
function jwkOf(name: string): JsonObject {
  const [kid = ''] = name;
  const x = name.length > 1 ? `${kid}${kid}other` : `${kid}${kid}`;
  return { kty: 'EC', crv: 'P-256', x, y: x, kid, alg: 'ES256', use: 'sig' };
}

function jwksOf(names: string): string {
  if (names === '!') return 'rubbish';
  const keys = (names.match(/\w\*?/g) ?? []).map(jwkOf);
  return JSON.stringify({ keys });
}

function signerOf(name: string): JsonObject {
  const files = Object.values(SIGNER_FILE);
  if (name === '') return Object.fromEntries(files.map((file) => [file, '']));
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  if (name === '!') return { [SIGNER_FILE.kid]: base64('rubbish') };
  const jwk = jwkOf(name);
  return {
    [SIGNER_FILE.kid]: base64(String(jwk['kid'])),
    [SIGNER_FILE.alg]: base64('ES256'),
    [SIGNER_FILE.pem]: base64('pem'),
    [SIGNER_FILE.jwk]: base64(JSON.stringify({ ...jwk, d: 'secret' })),
  };
}
