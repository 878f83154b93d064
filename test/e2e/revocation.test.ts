/**
 * A revocation with real mounts. Whoever has stolen the key keeps making tokens with it, which
 * every verifier has to refuse by the time that the status announces.
 */
import { importPKCS8, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import type { SigningKeySet } from '../../src/api/signing-key-set.generated.ts';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { read } from './cluster/cluster.ts';
import { activeOrdinal, kidOf, revoke, SWITCHED_TIMEOUT_MS } from './world/signing-key-sets.ts';
import { rejectedKids, untilInUse } from './world/token-judgement.ts';
import { type TokenPods, WAYS, type Way } from './world/token-pods.ts';
import { startTokenWorld, type TokenWorld } from './world/token-world.ts';

/** P + H + D + S after it has left the JWKS, and what it takes until then. */
const DISTRUSTED_TIMEOUT_MS = 300_000;
const TIMEOUT_MS = 20 * 60_000;

test(
  'tokens of a revoked key are refused by the announced time, and no others are',
  async () => {
    const world = await startTokenWorld('stolen');
    const { namespace, set, pods } = world;
    const before = await world.provenStandby();
    const stolen = kidOf(before, activeOrdinal(before));
    const forged = await forgeToken(world, stolen);
    for (const way of WAYS) expect(await pods.accepts(way, forged), way).toBe(true);

    const startMs = performance.now();
    await revoke(namespace, set, stolen);
    const isOut = (each: SigningKeySet) => distrustedBy(each, stolen) !== undefined;
    const after = await world.until('the key is out', isOut, SWITCHED_TIMEOUT_MS);
    recordFigure('revokedMs', Math.round(performance.now() - startMs));
    const refusedMs = await Promise.all(WAYS.map((way) => untilRefused(pods, way, forged)));
    const lastMs = Math.max(...refusedMs);
    const announcedMs = Date.parse(distrustedBy(after, stolen) ?? '');
    expect(lastMs).toBeLessThanOrEqual(announcedMs);
    recordFigure('revokedKeyRefusedByAllMs', Math.round(lastMs - toEpoch(startMs)));
    recordFigure('revokedKeyAnnouncedMs', Math.round(announcedMs - toEpoch(startMs)));
    await untilInUse(pods, kidOf(after, activeOrdinal(after)));
    // What the key had signed by right goes with it; nothing else does.
    expect((await rejectedKids(pods)).filter((kid) => kid !== stolen)).toEqual([]);
    for (const way of WAYS) expect(await pods.accepts(way, forged), way).toBe(false);
    expect(await pods.restarts()).toBe(0);
  },
  TIMEOUT_MS,
);

function toEpoch(monotonicMs: number): number {
  return performance.timeOrigin + monotonicMs;
}

function distrustedBy({ status }: SigningKeySet, kid: string): string | undefined {
  return status.keys?.find((key) => key.kid === kid)?.distrustedByTime;
}

/** With the key that signs now, as whoever has read the signer Secret can make one. */
async function forgeToken({ namespace, set }: TokenWorld, kid: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/secrets/${set}-signer`;
  const secret = await read<{ data: Readonly<Record<string, string>> }>(path);
  const text = (name: string) => Buffer.from(secret?.data[name] ?? '', 'base64').toString();
  expect(text('kid')).toBe(kid);
  return await new SignJWT({ sub: 'a thief' })
    .setProtectedHeader({ alg: text('alg'), kid })
    .setIssuedAt()
    .setExpirationTime('1d')
    .sign(await importPKCS8(text('private.pem'), text('alg')));
}

/** @returns when it was refused, milliseconds since the epoch */
async function untilRefused(pods: TokenPods, way: Way, token: string): Promise<number> {
  await waitFor(async () => !(await pods.accepts(way, token)), {
    timeoutMs: DISTRUSTED_TIMEOUT_MS,
    intervalMs: 1_000,
    describe: `the verifier by ${way} to refuse the stolen key`,
  });
  return Date.now();
}
