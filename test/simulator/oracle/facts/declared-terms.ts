/**
 * The terms that truly hold at an instant, by what was declared: a lowered one counts in full for
 * P plus its old value after the edit, because someone may still hold what the old value
 * allowed; a raised one counts at once.
 */
import type { Terms } from '../../../../src/core/formats/spec.ts';
import type { DeclaredVerifier } from './declared-verifiers.ts';
import { refusesMs } from './presets.ts';

export interface Declaration {
  readonly fromMs: number;
  readonly terms: Terms;
  readonly verifiers: readonly DeclaredVerifier[];
}

/** A term of the set's, or how long one of its verifiers keeps refusing an unknown kid. */
export type TermName = keyof Terms | `verifier ${string}`;

/** From `fromMs` on this is the value; the first holds for all times before, too. */
interface Piece {
  readonly fromMs: number;
  readonly valueMs: number;
}

/** A term and how much of it: a verifier may grant half the leeway, or none. */
export type Share = readonly [name: TermName, share: number];

const NEVER = Number.POSITIVE_INFINITY;

export class DeclaredTerms {
  readonly #pieces = new Map<TermName, readonly Piece[]>();
  readonly #declarations: readonly Declaration[];
  /** All instants at which any term changes. */
  readonly #breaks: readonly number[];

  /** @param declarations in the order of their times; at least one. */
  constructor(declarations: readonly Declaration[]) {
    this.#declarations = declarations;
    for (const name of new Set(declarations.flatMap(namesIn)))
      this.#pieces.set(name, piecesOf(declarations, name));
    const breaks = [...this.#pieces.values()].flatMap((pieces) =>
      pieces.slice(1).map(({ fromMs }) => fromMs),
    );
    this.#breaks = [...new Set(breaks)].sort((a, b) => a - b);
  }

  at(name: TermName, atMs: number): number {
    const pieces = this.#pieces.get(name) ?? [];
    return (pieces.findLast(({ fromMs }) => fromMs <= atMs) ?? pieces[0])?.valueMs ?? 0;
  }

  /** As the spec says at that instant, whatever held before. */
  declaredAt(atMs: number): Terms | null {
    const found = this.#declarations.findLast(({ fromMs }) => fromMs <= atMs);
    return (found ?? this.#declarations[0])?.terms ?? null;
  }

  /** The first instant at which these terms have passed since `startMs`, each as it is by then. */
  passedMs(startMs: number, ...shares: readonly Share[]): number {
    return this.#firstMs(startMs, (atMs) =>
      shares.reduce((sumMs, [name, share]) => sumMs + (share && share * this.at(name, atMs)), 0),
    );
  }

  /**
   * Until when a token that is signed now is valid. Its T is the largest of all that are declared
   * up to then: the issuer may have raised it before the spec said so.
   */
  validUntilMs(signedMs: number, ...others: readonly Share[]): number {
    let largestMs = 0;
    return this.#firstMs(signedMs, (atMs) => {
      largestMs = Math.max(largestMs, this.at('tokenTtlMs', atMs));
      return others.reduce(
        (sumMs, [name, share]) => sumMs + (share && share * this.at(name, atMs)),
        largestMs,
      );
    });
  }

  /** The first t with t − start ≥ needed(t). `needed` is asked at rising instants. */
  #firstMs(startMs: number, needed: (atMs: number) => number): number {
    if (startMs === NEVER) return NEVER;
    let fromMs = startMs;
    for (const breakMs of [...this.#breaks, NEVER]) {
      if (breakMs <= fromMs) continue;
      const atMs = Math.max(fromMs, startMs + needed(fromMs));
      if (atMs < breakMs) return atMs;
      fromMs = breakMs;
    }
    return NEVER;
  }
}

function namesIn({ terms, verifiers }: Declaration): readonly TermName[] {
  return [...(Object.keys(terms) as TermName[]), ...verifiers.map(termOfVerifier)];
}

export function termOfVerifier({ name }: Pick<DeclaredVerifier, 'name'>): TermName {
  return `verifier ${name}`;
}

function declaredMs({ terms, verifiers }: Declaration, name: TermName): number {
  if (name in terms) return terms[name as keyof Terms] ?? NEVER;
  const found = verifiers.find((verifier) => termOfVerifier(verifier) === name);
  return found === undefined ? 0 : refusesMs(found.behaviour);
}

function piecesOf(declarations: readonly Declaration[], name: TermName): readonly Piece[] {
  const spans = declarations.map((declaration, index) => {
    const { fromMs, terms } = declaration;
    const nextMs = declarations[index + 1]?.fromMs ?? NEVER;
    const valueMs = declaredMs(declaration, name);
    // If a trust without end is withdrawn, its verifiers are restarted: it is held as long as C.
    const heldMs = valueMs === NEVER ? terms.verifierCacheTtlMs : valueMs;
    const untilMs = nextMs + terms.publicationDelayMs + heldMs;
    return { fromMs, untilMs, nextMs, valueMs };
  });
  const times = spans.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]);
  const pieces = [...new Set(times)]
    .filter((atMs) => atMs !== NEVER)
    .sort((a, b) => a - b)
    .map((atMs) => {
      const holding = spans.filter(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
      return { fromMs: atMs, valueMs: Math.max(...holding.map(({ valueMs }) => valueMs)) };
    });
  return pieces.filter(
    ({ valueMs }, index) => index === 0 || pieces[index - 1]?.valueMs !== valueMs,
  );
}
