/**
 * One text for all states that behave alike. Times count from now, generations from the highest, and
 * kids, UIDs and versions by their first appearance, because the core only compares them. While hands
 * may still restore something, kids, UIDs and times stay as they are: the shelf has them too.
 *
 * Left out are
 * - all of the status but the copy of the ledger and whether it shows keys, because the core reads
 *   nothing else of it that can differ (the rest only decides whether the status is written once more, and
 *   `isStatusNew` keeps the state before such a write apart from the one after it);
 * - terms, and other members that are the same in every ledger of an exploration;
 * - ages beyond those that matter to a gate.
 */
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { Facts } from '../model/facts.ts';
import { MATTERS_MS, OUTSIDE } from '../model/spec.ts';
import type { Shelf, Slot, State } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { jwksContentText, signerText } from '../moves/shelves.ts';

type Piece =
  | string
  | { readonly id: string }
  | { readonly version: string }
  | { readonly generation: number }
  | { readonly atMs: number; readonly mattersMs: number };

const SAME_EVERYWHERE: ReadonlySet<string> = new Set([
  'publicJwk',
  'terms',
  'largest',
  'publication',
  'namespace',
  'name',
  'algorithm',
  'rsaModulusLength',
  'trustMs',
]);
const IDENTITIES: ReadonlySet<string> = new Set(['kid', 'previousKid', 'uid', 'rotate']);
/**
 * These no shelf keeps, because each restore gives new ones. What a ledger on the shelf has noted of the JWKS can
 * still be the version that is there.
 */
const VERSIONS: ReadonlySet<string> = new Set(['resourceVersion', 'managers']);

export class Canonical {
  readonly #pieces = new Map<string, readonly Piece[]>();
  readonly #texts = new Map<string, number>();

  /** @param withPast whether it matters how the state came about: what it needed, what is left to try. */
  textOf(state: State, withPast = true): string {
    const { world, slots, facts, shelf, left } = state;
    const isAbsolute = withPast && left.hands > 0;
    const naming = new Naming(world, isAbsolute, (text) => this.#piecesOf(text));
    const parts = [worldText(world, naming)];
    if (!withPast) return parts.join('\n');
    parts.push(factsText(facts, world, naming));
    parts.push(...slots.map((slot) => slotText(slot, facts, naming)).sort());
    parts.push(Object.values(left).join());
    if (isAbsolute) parts.push(this.#shelfText(shelf, world), String(world.nowMs));
    return parts.join('\n');
  }

  #shelfText({ signers, jwks, statuses }: Shelf, { api }: World): string {
    const texts = [
      ...signers.map(signerText),
      ...jwks.map(jwksContentText),
      ...statuses.map(({ ledger }) => ledger ?? ''),
    ];
    const version =
      api.jwks === null ? '-' : `"resourceVersion":"${api.jwks.meta.resourceVersion}"`;
    return texts
      .map((text) => `${this.#numberOf(text)}${text.includes(version) ? '=' : ''}`)
      .sort()
      .join();
  }

  #numberOf(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.size;
    this.#texts.set(text, number);
    return number;
  }

  #piecesOf(text: string): readonly Piece[] {
    const known = this.#pieces.get(text);
    if (known !== undefined) return known;
    if (this.#pieces.size >= TEXTS_KEPT_MAX) this.#pieces.clear();
    const pieces = readPieces(text);
    this.#pieces.set(text, pieces);
    return pieces;
  }
}

const TEXTS_KEPT_MAX = 20_000;

function readPieces(text: string): readonly Piece[] {
  try {
    const pieces: Piece[] = [];
    walk('', JSON.parse(text), pieces);
    return pieces;
  } catch {
    return [text];
  }
}

function walk(name: string, value: unknown, pieces: Piece[]): void {
  if (SAME_EVERYWHERE.has(name)) return;
  if (Array.isArray(value)) {
    pieces.push(`[${value.length}`);
    for (const each of value) walk(name, each, pieces);
  } else if (typeof value === 'object' && value !== null) {
    pieces.push('{');
    for (const [member, each] of Object.entries(value)) walk(member, each, pieces);
  } else if (typeof value === 'string' && IDENTITIES.has(name)) pieces.push({ id: value });
  else if (typeof value === 'string' && VERSIONS.has(name)) pieces.push({ version: value });
  else if (typeof value === 'number' && name === 'generation') pieces.push({ generation: value });
  else if (typeof value === 'number' && name.endsWith('Ms')) {
    pieces.push({ atMs: value, mattersMs: MATTERS_MS[name] ?? Number.POSITIVE_INFINITY });
  } else pieces.push(`${value},`);
}

/** Renders what only its relation to the rest of a state gives a meaning. */
class Naming {
  readonly #nowMs: number;
  readonly #isAbsolute: boolean;
  readonly #names = new Map<string, number>();
  readonly #piecesOf: (text: string) => readonly Piece[];
  readonly #generationMax: number;

  constructor(world: World, isAbsolute: boolean, piecesOf: (text: string) => readonly Piece[]) {
    this.#nowMs = world.nowMs;
    this.#isAbsolute = isAbsolute;
    this.#piecesOf = piecesOf;
    const generations = world.ledgers.map(({ generation }) => generation);
    this.#generationMax = isAbsolute ? 0 : Math.max(0, ...generations);
  }

  id(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return `#${known}`;
    this.#names.set(text, this.#names.size);
    return `#${this.#names.size - 1}`;
  }

  isNamed(text: string): boolean {
    return this.#isAbsolute || this.#names.has(text);
  }

  /** A kid or a UID. */
  lasting(text: string): string {
    return this.#isAbsolute ? text : this.id(text);
  }

  since(atMs: number, mattersMs: number): string {
    const ageMs = this.#nowMs - atMs;
    return ageMs >= mattersMs ? 'past' : String(ageMs);
  }

  generation(value: number): string {
    return value === 0 ? 'none' : `g${value - this.#generationMax}`;
  }

  ledger(text: string | undefined): string {
    if (text === undefined) return '-';
    let rendered = '';
    for (const piece of this.#piecesOf(text)) {
      if (typeof piece === 'string') rendered += piece;
      else if ('id' in piece) rendered += this.lasting(piece.id);
      else if ('version' in piece) rendered += this.id(piece.version);
      else if ('generation' in piece) rendered += this.generation(piece.generation);
      else rendered += `${this.since(piece.atMs, piece.mattersMs)},`;
    }
    return rendered;
  }
}

function worldText(world: World, naming: Naming): string {
  const { set, signer, jwks, keySecrets } = world.api;
  const texts = world.ledgerTexts;
  const parts: (string | number | boolean)[] = [];
  if (set !== null) {
    const request = set.annotations[REQUEST.rotate];
    parts.push(naming.lasting(set.ref.uid), request === undefined ? '-' : naming.lasting(request));
    parts.push(set.finalizers.join(), set.deleting, (set.status?.keys ?? []).length > 0);
    parts.push(set.status === null, naming.ledger(texts.status));
  }
  if (signer !== null) {
    parts.push(
      `S${naming.lasting(signer.meta.uid)}`,
      world.signerKid === null ? '-' : naming.lasting(world.signerKid),
    );
    parts.push(ownerText(signer.meta.annotations, naming), naming.ledger(texts.signer));
    parts.push(othersText(signer, naming));
  }
  if (jwks !== null) {
    parts.push(`J${naming.lasting(jwks.meta.uid)}`, naming.id(jwks.meta.resourceVersion));
    parts.push(...(world.servedKids ?? []).map((kid) => naming.lasting(kid)));
    parts.push(ownerText(jwks.meta.annotations, naming), naming.ledger(texts.jwks));
    const stamp = jwks.meta.annotations[ANNOTATION.generation];
    parts.push(stamp === undefined ? '-' : naming.generation(Number(stamp)));
    parts.push(othersText(jwks, naming));
  }
  for (const { ordinal, content, meta } of keySecrets.values()) {
    const kid = content.kind === 'Key' ? naming.lasting(content.kid) : content.kind;
    parts.push(`K${ordinal}`, kid, naming.lasting(meta.uid), ownerText(meta.annotations, naming));
  }
  return parts.join(' ');
}

function othersText(
  object: {
    readonly otherManagers?: readonly string[];
    readonly meta: { readonly resourceVersion: string };
  },
  naming: Naming,
): string {
  const managers = (object.otherManagers ?? []).map((manager) => naming.id(manager));
  return `${naming.id(object.meta.resourceVersion)} ${managers.join()}`;
}

function ownerText(annotations: Readonly<Record<string, string>>, naming: Naming): string {
  const owner = annotations[ANNOTATION.owner];
  return owner === undefined ? '-' : naming.lasting(owner);
}

function slotText({ stage, step, untilMs, seen }: Slot, facts: Facts, naming: Naming): string {
  const { write, reason } = step;
  const parts = [stage, reason.code, write.kind, naming.since(untilMs, Number.POSITIVE_INFINITY)];
  // What hands did to the JWKS since it was read excuses the operator.
  const unseen = facts.views.map(({ by, change }) => (by === 'Hands' && change > seen ? 'x' : ''));
  parts.push(unseen.join('.'));
  if ('name' in write) parts.push(write.name);
  if ('expects' in write) {
    parts.push(write.expects === 'absent' ? 'absent' : naming.id(write.expects.resourceVersion));
  }
  if ('metadata' in write) {
    parts.push(naming.ledger(write.metadata.annotations[ANNOTATION.ledger] ?? undefined));
  }
  if (write.kind === 'WriteSigner') parts.push(JSON.stringify(write.source));
  if (write.kind === 'WriteJwks') parts.push(write.data['jwks.json']?.length.toString() ?? '');
  if (write.kind === 'WriteStatus') parts.push(naming.ledger(write.status.ledger));
  return parts.join(' ');
}

function factsText(facts: Facts, world: World, naming: Naming): string {
  const { nowMs } = world;
  const kid = (of: string | null) => (of === null ? '-' : naming.lasting(of));
  const parts = [
    facts.isStatusNew,
    kid(facts.signing),
    facts.isCounted,
    kid(facts.rightful),
    facts.ordinal,
  ];
  parts.push([...facts.own].join(), naming.ledger(facts.setAside ?? undefined));
  const newest = Object.values(world.ledgerTexts).map((text) => text === facts.newest);
  parts.push(facts.isBorrowed, facts.isCopyFirst, newest.join());
  for (const times of [facts.signedUntil, facts.borrowedUntil]) {
    parts.push('s');
    for (const [of, untilMs] of times) {
      if (untilMs + OUTSIDE.tokenLifeMs > nowMs) parts.push(kid(of), nowMs - untilMs);
    }
  }
  const sinceMs = nowMs - OUTSIDE.viewLagMs;
  facts.views.forEach(({ fromMs, kids }, index) => {
    const goneMs = facts.views[index + 1]?.fromMs ?? nowMs;
    if (goneMs < sinceMs) return;
    parts.push('v', naming.since(fromMs, OUTSIDE.viewLagMs), (kids ?? ['-']).map(kid).join());
  });
  for (const [of, untilMs] of facts.servedUntil) {
    if (untilMs + OUTSIDE.trustLagMs > nowMs) parts.push('t', kid(of), nowMs - untilMs);
  }
  // An ended key that nothing shows or restores cannot come back.
  const ended = [...facts.ended].filter((of) => naming.isNamed(of));
  parts.push('e', ended.map(kid).sort().join());
  return parts.join(' ');
}
