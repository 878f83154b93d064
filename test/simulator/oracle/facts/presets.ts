/**
 * What common verifiers do by default, as measured: in the source of each, or as its vendor says
 * (docs/verifiers.md). A table of the oracle's own: the operator's may be wrong, and this one then
 * shows what becomes of it.
 */

export interface Behaviour {
  /** How long it keeps a set, with its refresh's jitter; Infinity: until it is restarted. */
  readonly cacheMs: number;
  /** How soon after a fetch an unknown kid makes it fetch again; Infinity: never in time. */
  readonly cooldownMs: number;
  /** How long it keeps using a key that it knows and that is no longer served. */
  readonly trustsMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NEVER = Number.POSITIVE_INFINITY;

/** It fetches on a timer alone, and uses a set that it could not refresh for `staleMs` more. */
export function onTimer(cacheMs: number, staleMs = 0): Behaviour {
  return { cacheMs, cooldownMs: NEVER, trustsMs: cacheMs + staleMs };
}

/** It fetches on a timer, and for an unknown kid besides. */
function onUnknown(cacheMs: number, cooldownMs: number, staleMs = 0): Behaviour {
  return { cacheMs, cooldownMs, trustsMs: cacheMs + staleMs };
}

/** It fetches for an unknown kid alone, and forgets nothing. */
function untilRestart(cooldownMs: number): Behaviour {
  return { cacheMs: NEVER, cooldownMs, trustsMs: NEVER };
}

export const PRESETS = {
  jose: onUnknown(10 * MINUTE, 30 * SECOND),
  'jwks-rsa': onUnknown(10 * MINUTE, 0),
  // A key that is no longer found it takes from its stale cache once more.
  'get-jwks': onUnknown(MINUTE, 0, MINUTE),
  pyjwt: onUnknown(5 * MINUTE, 30 * SECOND),
  authlib: untilRestart(0),
  'go-oidc': untilRestart(0),
  // Not before 30 s are left of the max-age of the answer, which is 5 min at most.
  'kube-apiserver': untilRestart(5 * MINUTE - 30 * SECOND),
  keyfunc: onUnknown(HOUR, 5 * MINUTE),
  // A set is old after 15 min, which is looked for every 15 min.
  'jwx-v2': onTimer(30 * MINUTE),
  nimbus: onUnknown(5 * MINUTE, 30 * SECOND),
  spring: onUnknown(5 * MINUTE, 0),
  'spring-reactive': untilRestart(0),
  // 12 h and up to 5 %. For an unknown kid it fetches in the background, and refuses the token that
  // made it do so. For an hour more it tries the last set that was known to be good.
  dotnet: onTimer(12 * HOUR + 36 * MINUTE, HOUR),
  envoy: onTimer(10 * MINUTE),
  istio: onTimer(20 * MINUTE),
  'istio-envoy': onTimer(5 * MINUTE),
  espv2: onTimer(5 * MINUTE),
  'aws-http-api': onTimer(2 * HOUR),
  kong: untilRestart(30 * SECOND),
  'mod-auth-openidc': onUnknown(HOUR, MINUTE),
} as const satisfies Readonly<Record<string, Behaviour>>;

/** The longest time that it keeps refusing a kid that its copy lacks, if nothing goes wrong. */
export function refusesMs({ cacheMs, cooldownMs }: Behaviour): number {
  return Math.min(cacheMs, cooldownMs);
}

/**
 * The longest time that it may do so if things go wrong: the fetch for an unknown kid can fail, or other
 * kids can use up its limit. The timer fires in any case; without a timer, only the cooldown is left.
 */
export function mayRefuseMs({ cacheMs, cooldownMs }: Behaviour): number {
  return cacheMs === NEVER ? cooldownMs : cacheMs;
}
