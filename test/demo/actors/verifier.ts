/** A verifier: checks each token that it is given from its arrival until it expires. */
import { receiveStart, tellDemo } from '../actor.ts';
import { nextCheckMs, validUntilMs } from '../check-times.ts';
import type { FromVerifier, IssuedToken, VerifierStart } from '../messages.ts';
import { createVerifier } from './key-sources.ts';

const COUNTS_INTERVAL_MS = 250;

const start = await receiveStart<VerifierStart>();
const verifier = createVerifier(start);
const tell = (message: FromVerifier) => tellDemo(message);
let verified = 0;
let rejected = 0;
let alive = 0;

await verifier.prime();
process.on('message', (message: IssuedToken) => {
  if (message.kind === 'token') void follow(message);
});
tell({ kind: 'ready' });
setInterval(() => {
  tell({ kind: 'counts', verified, rejected, alive, cacheAgeMs: verifier.cacheAgeMs() });
}, COUNTS_INTERVAL_MS);

async function follow(issued: IssuedToken): Promise<void> {
  alive++;
  const untilMs = validUntilMs(issued.expiresAtS, start.leewayMs);
  for (let atMs: number | null = Date.now(); atMs !== null; ) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, (atMs ?? 0) - Date.now())));
    const nowMs = Date.now();
    // A timer that came too late must not turn an expired token into a rejection.
    if (nowMs < untilMs) await checkOnce(issued, nowMs, untilMs);
    atMs = nextCheckMs(nowMs, untilMs);
  }
  alive--;
}

async function checkOnce(issued: IssuedToken, nowMs: number, untilMs: number): Promise<void> {
  const cacheAgeMs = verifier.cacheAgeMs();
  try {
    await verifier.check(issued.token, nowMs);
    verified++;
  } catch (error) {
    rejected++;
    const { kid, issuedAtS } = issued;
    const reason = error instanceof Error ? error.message : String(error);
    const ageMs = nowMs - issuedAtS * 1000;
    tell({ kind: 'rejection', kid, ageMs, leftMs: untilMs - nowMs, cacheAgeMs, reason });
  }
}
