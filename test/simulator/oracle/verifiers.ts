/**
 * Verifiers, as libraries and gateways really behave, at their worst phase: each may have fetched
 * a set at the last moment at which it could, and holds it for as long as its terms allow.
 */
import { fetchable, type PublishedSet, ROUTES, type Route } from './servers.ts';
import type { Timeline } from './timeline.ts';

interface Preset {
  readonly name: string;
  /** How long it keeps a set; null where for ever. */
  readonly cacheSeconds: number | null;
  /** How soon after a fetch an unknown kid makes it fetch again; null where never in time. */
  readonly cooldownSeconds: number | null;
}

/** docs/verifiers.md: the defaults of each. A set is stale on errors for no longer than C says. */
const PRESETS: readonly Preset[] = [
  { name: 'jose', cacheSeconds: 600, cooldownSeconds: 30 },
  { name: 'jwks-rsa', cacheSeconds: 600, cooldownSeconds: 0 },
  { name: 'get-jwks', cacheSeconds: 60, cooldownSeconds: 0 },
  { name: 'pyjwt', cacheSeconds: 300, cooldownSeconds: 30 },
  { name: 'authlib', cacheSeconds: null, cooldownSeconds: 0 },
  { name: 'go-oidc', cacheSeconds: null, cooldownSeconds: 0 },
  { name: 'kube-apiserver', cacheSeconds: null, cooldownSeconds: 270 },
  { name: 'keyfunc', cacheSeconds: 3600, cooldownSeconds: 300 },
  { name: 'jwx-v2', cacheSeconds: 1800, cooldownSeconds: null },
  { name: 'nimbus', cacheSeconds: 300, cooldownSeconds: 30 },
  { name: 'spring', cacheSeconds: 300, cooldownSeconds: 0 },
  { name: 'spring-reactive', cacheSeconds: null, cooldownSeconds: 0 },
  // It fetches in the background, and refuses the token that made it do so.
  { name: 'dotnet', cacheSeconds: 45_360, cooldownSeconds: null },
  { name: 'envoy', cacheSeconds: 600, cooldownSeconds: null },
  { name: 'istio', cacheSeconds: 1200, cooldownSeconds: null },
  { name: 'istio-envoy', cacheSeconds: 300, cooldownSeconds: null },
  { name: 'espv2', cacheSeconds: 300, cooldownSeconds: null },
  { name: 'aws-http-api', cacheSeconds: 7200, cooldownSeconds: null },
  { name: 'kong', cacheSeconds: null, cooldownSeconds: 30 },
  { name: 'mod-auth-openidc', cacheSeconds: 3600, cooldownSeconds: 60 },
];

export interface Verifier {
  readonly name: string;
  readonly route: Route;
  /** Of C: how long it can go on refusing a kid that its copy lacks. */
  readonly lateShare: number;
  /** Its clock against the true time, as a share of S. */
  readonly clockShare: number;
  /** Of L: the leeway that it grants. */
  readonly leewayShare: number;
}

const CLOCKS = [-0.5, 0, 0.5];
const LEEWAYS = [0, 1];

/** Every preset at every route, with clocks and leeways as they fall; and one that is the worst. */
export function audienceOf(random: () => number): readonly Verifier[] {
  const pick = (values: readonly number[]) => values[Math.floor(random() * values.length)] ?? 0;
  const everyone = ROUTES.flatMap((route) =>
    PRESETS.map((preset) => ({
      name: preset.name,
      route,
      lateShare: lateShareOf(preset),
      clockShare: pick(CLOCKS),
      leewayShare: pick(LEEWAYS),
    })),
  );
  const worst = ROUTES.map((route) => ({
    name: 'strictest verifier',
    route,
    lateShare: 1,
    clockShare: -0.5,
    leewayShare: 1,
  }));
  return [...worst, ...everyone];
}

/**
 * C is a preset's own lifetime, or where that has no end, its cooldown: scaled to the C that the
 * set declares, it is this share of it after which an unknown kid is looked for again.
 */
function lateShareOf({ cacheSeconds, cooldownSeconds }: Preset): number {
  if (cooldownSeconds === null) return 1;
  if (cacheSeconds === null) return cooldownSeconds === 0 ? 0 : 1;
  return Math.min(1, cooldownSeconds / cacheSeconds);
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
  { route, lateShare }: Pick<Verifier, 'route' | 'lateShare'>,
): readonly Copy[] {
  return published.map((each) => {
    const { firstMs, lastMs } = fetchable(timeline, each, route);
    const heldMs = timeline.terms.passedMs(lastMs, ['verifierCacheTtlMs', lateShare]);
    return { published: each, fromMs: firstMs, untilMs: Math.min(heldMs, each.forgottenMs) };
  });
}
