/**
 * A verifier with several replicas, whose caches have different ages. Each replica checks each
 * token from its arrival until it expires.
 */
import { receiveStart, tellDemo } from '../actor.ts';
import { nextCheckMs, validUntilMs } from '../record/check-times.ts';
import type { FromVerifier, IssuedToken, ToVerifier, VerifierStart } from '../record/messages.ts';
import { createVerifier, type Verifier } from './key-sources.ts';
import { TokenTally } from './token-tally.ts';

const COUNTS_INTERVAL_MS = 250;

const start = await receiveStart<VerifierStart>();
const replicas = Array.from({ length: start.replicas }, () => createVerifier(start));
const tell = (message: FromVerifier) => tellDemo(message);
const tally = new TokenTally(start.replicas);
let alive = 0;

// One after the other, so that at any time one of them holds a key set that is nearly too old.
for (const replica of replicas) {
  await replica.prime();
  await pause(start.cacheTtlMs / replicas.length);
}
process.on('message', (message: ToVerifier) => {
  if (message.kind === 'token') void follow(message);
  else tally.revoke(message.kid);
});
tell({ kind: 'ready' });
setInterval(() => {
  const ages = replicas.map((replica) => replica.cacheAgeMs() ?? 0);
  tell({ kind: 'counts', ...tally.counts(), alive, cacheAgeMs: Math.max(...ages) });
}, COUNTS_INTERVAL_MS);

async function follow(issued: IssuedToken): Promise<void> {
  alive++;
  const untilMs = validUntilMs(issued.expiresAtS, start.leewayMs);
  for (let atMs: number | null = clockMs(); atMs !== null; ) {
    await pause(atMs - clockMs());
    const nowMs = clockMs();
    // A timer that came too late must not turn an expired token into a rejection.
    if (nowMs < untilMs) {
      const check = (replica: Verifier, index: number) =>
        checkOnce(replica, index, issued, { nowMs, untilMs });
      await Promise.all(replicas.map(check));
    }
    atMs = nextCheckMs(nowMs, untilMs);
  }
  alive--;
}

async function checkOnce(
  replica: Verifier,
  index: number,
  issued: IssuedToken,
  { nowMs, untilMs }: { readonly nowMs: number; readonly untilMs: number },
): Promise<void> {
  const cacheAgeMs = replica.cacheAgeMs();
  try {
    await replica.check(issued.token, nowMs);
    // By the clock of the machine, not by this verifier's own: the demo compares it with others.
    tally.accept(issued.kid, index, Date.now());
  } catch (error) {
    const { kid, issuedAtS } = issued;
    if (!tally.refuse(kid, index)) return;
    const reason = error instanceof Error ? error.message : String(error);
    const ageMs = nowMs - issuedAtS * 1000;
    tell({ kind: 'rejection', kid, ageMs, leftMs: untilMs - nowMs, cacheAgeMs, reason });
  }
}

/** This verifier's own clock. */
function clockMs(): number {
  return Date.now() - start.clockBehindMs;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, durationMs)));
}
