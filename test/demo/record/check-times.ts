/** When a token is checked: again and again, and last in the moment before it expires. */

/** Between two checks of one token. */
const CHECK_INTERVAL_MS = 1000;
/** So much before its end a token is checked for the last time; timers are not exact. */
const LAST_CHECK_LEAD_MS = 40;

/** Until when a verifier must accept a token: RFC 7519 section 4.1.4, with its own leeway. */
export function validUntilMs(expiresAtS: number, leewayMs: number): number {
  return expiresAtS * 1000 + leewayMs;
}

/** The next check after one at `nowMs`; null when that was the last. */
export function nextCheckMs(nowMs: number, untilMs: number): number | null {
  const lastMs = untilMs - LAST_CHECK_LEAD_MS;
  return nowMs >= lastMs ? null : Math.min(nowMs + CHECK_INTERVAL_MS, lastMs);
}
