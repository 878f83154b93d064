/** What a test makes of the reports of its token pods. */
import { expect } from 'vitest';
import { recordTotal } from '../../support/vitest/record-figure.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { SWITCHED_TIMEOUT_MS } from './signing-key-sets.ts';
import { type TokenPods, WAYS } from './token-pods.ts';

/** Waits until the issuer signs with a key, and every verifier has verified a token of it. */
export async function untilInUse(
  pods: TokenPods,
  kid: string,
  timeoutMs = SWITCHED_TIMEOUT_MS,
): Promise<void> {
  await waitFor(
    async () => {
      const { issuer, verifiers } = await pods.reports();
      return (
        issuer.signers.at(-1)?.kids[0] === kid &&
        WAYS.every((way) => verifiers[way].kids.includes(kid))
      );
    },
    {
      timeoutMs,
      intervalMs: 1_000,
      describe: `the issuer to sign, and the verifiers to verify, with ${kid}`,
    },
  );
}

/** Of the tokens that any verifier has rejected. */
export async function rejectedKids(pods: TokenPods): Promise<readonly string[]> {
  const { verifiers } = await pods.reports();
  const rejections = WAYS.flatMap((way) => verifiers[way].rejections);
  return [...new Set(rejections.map(({ kid }) => kid))];
}

/**
 * Every verifier has got nearly every token, has verified some of each key that has signed, and
 * rejected none. Nothing was started again meanwhile: what it had counted would be lost.
 */
export async function expectNoneRejected(pods: TokenPods): Promise<void> {
  const { issuer, verifiers } = await pods.reports();
  const kids = [...new Set(issuer.signers.flatMap((signer) => signer.kids))].sort();
  expect(issuer.failures).toEqual([]);
  for (const way of WAYS) {
    const report = verifiers[way];
    expect(report.rejections, `rejected by the verifier by ${way}`).toEqual([]);
    expect([...report.kids].sort(), `verified by ${way}`).toEqual(kids);
    expect(report.tokens).toBeGreaterThan(issuer.signed * 0.9);
  }
  const sum = (what: 'tokens' | 'verified' | 'rejected' | 'unanswered') =>
    WAYS.reduce((total, way) => total + verifiers[way][what], 0);
  expect(sum('rejected')).toBe(0);
  recordTotal('tokensSigned', issuer.signed);
  // Each token is verified by three verifiers, and by each of them again and again.
  recordTotal('tokensVerifiedByThree', sum('tokens'));
  recordTotal('verifications', sum('verified'));
  recordTotal('tokensRejected', sum('rejected'));
  // Nobody could be asked: a token that was never verified is missed above, by its key.
  recordTotal('verificationsUnanswered', sum('unanswered'));
  expect(await pods.restarts()).toBe(0);
}
