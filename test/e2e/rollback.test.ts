/**
 * A rotation, a rollback and a revocation with real mounts. Only tokens of the revoked key may be
 * rejected, and those must be.
 */
import { expect, test } from 'vitest';
import { recordFigure } from '../support/record-figure.ts';
import { waitFor } from '../support/wait-for.ts';
import { createNamespace } from './namespaces.ts';
import {
  activeOrdinal,
  CACHE_SECONDS,
  createSet,
  hasProvenStandby,
  kidOf,
  PROVEN_TIMEOUT_MS,
  requestRollback,
  requestRotation,
  revoke,
  SWITCHED_TIMEOUT_MS,
  untilSet,
} from './signing-key-sets.ts';
import { startTokenPods, type TokenPods, WAYS } from './token-pods.ts';

const SET = 'logins';
const TIMEOUT_MS = 20 * 60_000;

test(
  'a rollback loses nothing, a revocation only what the key had signed',
  async () => {
    const namespace = await createNamespace('logins');
    await createSet(namespace, SET);
    const pods = await startTokenPods(namespace, SET, CACHE_SECONDS * 1000);
    await pods.ready();
    const proven = () =>
      untilSet(namespace, SET, 'a proven standby', hasProvenStandby, PROVEN_TIMEOUT_MS);
    const signs = async (ordinal: number) => {
      const isActive = (set: Parameters<typeof activeOrdinal>[0]) => activeOrdinal(set) === ordinal;
      const set = await untilSet(
        namespace,
        SET,
        `key ${ordinal} signs`,
        isActive,
        PROVEN_TIMEOUT_MS,
      );
      await issuerSigns(pods, kidOf(set, ordinal));
      return set;
    };
    await proven();
    await requestRotation(namespace, SET, 'there');
    await signs(2);
    await requestRollback(namespace, SET, 'and back');
    const first = kidOf(await signs(1), 1);
    expect(await rejectedKids(pods)).toEqual([]);

    const { status } = await proven();
    const standby = status.keys?.find(({ state }) => state === 'Pending')?.ordinal ?? 0;
    const startMs = performance.now();
    await revoke(namespace, SET, first);
    await signs(standby);
    recordFigure('revokedKeySignsNoMoreMs', Math.round(performance.now() - startMs));
    await waitFor(async () => (await lastJwks(pods)).every((kid) => kid !== first), {
      timeoutMs: SWITCHED_TIMEOUT_MS,
      intervalMs: 1_000,
      describe: 'the mounted JWKS to be without the revoked key',
    });
    recordFigure('revokedKeyUnpublishedMs', Math.round(performance.now() - startMs));
    expect(await rejectedKids(pods)).toEqual([first]);
    expect(await pods.restarts()).toBe(0);
  },
  TIMEOUT_MS,
);

function issuerSigns(pods: TokenPods, kid: string): Promise<boolean> {
  const lastKid = async () => (await pods.reports()).issuer.signers.at(-1)?.kids[0];
  return waitFor(async () => (await lastKid()) === kid, {
    timeoutMs: SWITCHED_TIMEOUT_MS,
    intervalMs: 1_000,
    describe: `the issuer to sign with ${kid}`,
  });
}

async function lastJwks(pods: TokenPods): Promise<readonly string[]> {
  const { verifiers } = await pods.reports();
  const kids = verifiers.mount.jwks.at(-1)?.kids;
  if (kids === undefined) throw new Error('the verifier has seen no JWKS');
  return kids;
}

/** Of the tokens that any verifier has rejected. */
async function rejectedKids(pods: TokenPods): Promise<readonly string[]> {
  const { verifiers } = await pods.reports();
  const rejections = WAYS.flatMap((way) => verifiers[way].rejections);
  return [...new Set(rejections.map(({ kid }) => kid))];
}
