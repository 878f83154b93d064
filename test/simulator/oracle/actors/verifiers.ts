/**
 * Verifiers, as libraries and gateways really behave, at their worst phase: each may have fetched
 * a set at the last moment at which it could, and holds it for as long as its terms allow.
 */

import { type Share, termOfVerifier } from '../facts/declared-terms.ts';
import type { DeclaredVerifier } from '../facts/declared-verifiers.ts';
import { type Behaviour, PRESETS, refusesMs } from '../facts/presets.ts';
import type { Timeline } from '../facts/timeline.ts';
import { fetchable, OBEDIENT_ROUTES, type PublishedSet, ROUTES, type Route } from './servers.ts';

export interface Verifier {
  readonly name: string;
  readonly route: Route;
  /** How long it can keep refusing a kid that its copy lacks; or for the `max-age` that it was told. */
  readonly late: Share | 'as served';
  /** Its clock against the true time, as a share of S. */
  readonly clockShare: number;
  /** Of L: the leeway that it grants. */
  readonly leewayShare: number;
}

const CLOCKS = [-0.5, 0, 0.5];
const LEEWAYS = [0, 1];
/** The latest server, and a cache that holds for H. */
const BEHIND_ALL: Route = { serverShare: 1, cacheShare: 1 };

/**
 * At every route, with clocks and leeways as they fall: those that the set lists, as they are;
 * every preset, scaled to the set's C; and one that is the worst.
 */
export function audienceOf({ sets }: Timeline, random: () => number): readonly Verifier[] {
  const pick = (values: readonly number[]) => values[Math.floor(random() * values.length)] ?? 0;
  const lateness = [...scaled(), ...listed(sets.flatMap(({ verifiers }) => verifiers))];
  const everyone = ROUTES.flatMap((route) =>
    lateness.map(({ name, late }) => ({
      name,
      route,
      late,
      clockShare: pick(CLOCKS),
      leewayShare: pick(LEEWAYS),
    })),
  );
  const strictest = { clockShare: -0.5, leewayShare: 1 };
  const worst = [...ROUTES, ...OBEDIENT_ROUTES].map((route) => ({
    name: 'strictest verifier',
    route,
    late: ['verifierCacheTtlMs', 1] as const,
    ...strictest,
  }));
  const obedient = [BEHIND_ALL, ...OBEDIENT_ROUTES].map((route) => ({
    name: 'verifier that obeys max-age',
    route,
    late: 'as served' as const,
    ...strictest,
  }));
  return [...worst, ...obedient, ...everyone];
}

type Lateness = Pick<Verifier, 'name'> & { readonly late: Share };

/**
 * C is a preset's own lifetime or, if that has no end, its cooldown: scaled to the C that the
 * set declares, it is this share of it after which an unknown kid is looked for again.
 */
function scaled(): readonly Lateness[] {
  return Object.entries<Behaviour>(PRESETS).map(([name, behaviour]) => {
    const { cacheMs } = behaviour;
    const lateMs = refusesMs(behaviour);
    const share = cacheMs === Number.POSITIVE_INFINITY ? Math.sign(lateMs) : lateMs / cacheMs;
    return { name, late: ['verifierCacheTtlMs', share] };
  });
}

/** Each that was ever listed, once. */
function listed(verifiers: readonly DeclaredVerifier[]): readonly Lateness[] {
  const byName = new Map(verifiers.map((verifier) => [verifier.name, verifier]));
  return [...byName.values()].map((verifier) => ({
    name: `${verifier.name}, a ${verifier.preset || 'verifier with a timer'}`,
    late: [termOfVerifier(verifier), 1],
  }));
}

/** A set that a verifier may have as its copy, and when. */
export interface Copy {
  readonly published: PublishedSet;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** All that a verifier may hold at one time or another, and judge a token by. */
export function copiesOf(
  timeline: Timeline,
  published: readonly PublishedSet[],
  { route, late }: Pick<Verifier, 'route' | 'late'>,
): readonly Copy[] {
  return published.map((each) => {
    const { firstMs, lastMs } = fetchable(timeline, each, route);
    const heldMs =
      late === 'as served' ? lastMs + each.ages.maxAgeMs : timeline.terms.passedMs(lastMs, late);
    return { published: each, fromMs: firstMs, untilMs: Math.min(heldMs, each.forgottenMs) };
  });
}
