/**
 * Issuers that read the signer only at startup. The operator restarts those that it is asked
 * to; what it may not restart keeps the old key published for as long as it runs.
 */
import { expect, test } from 'vitest';
import type { SigningKeySet } from '../../src/api/signing-key-set.generated.ts';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { apply, kubectl } from './cluster/cluster.ts';
import { nodeCommand, pod } from './world/pod-specs.ts';
import { readyPods } from './world/pods-control.ts';
import { kidOf, RETIRED_TIMEOUT_MS, requestRotation, stateOf } from './world/signing-key-sets.ts';
import { untilInUse } from './world/token-judgement.ts';
import { WAYS } from './world/token-pods.ts';
import { startTokenWorld } from './world/token-world.ts';

const SET = 'once';
const ISSUER = `${SET}-issuer`;
/** Nothing has made it, so nothing can restart it. */
const READER = 'lone-reader';
const CONDITION = 'IssuersOutdated';
/** Ps + T + L + 3S, and some more: without the pods key 1 would be retired by then. */
const RETIRED_WITHOUT_PODS_MS = 240_000;
/** Ps + 2S, and a rollout. */
const RESTARTED_TIMEOUT_MS = 300_000;
/** Another test upgrades the operator, takes it away and kills it meanwhile, and the API server as well. */
const SOON_MS = 180_000;
const TIMEOUT_MS = 20 * 60_000;

test(
  'a key stays published while a pod may still sign with it; the operator restarts what it may',
  async () => {
    const signer = { restart: [{ kind: 'Deployment', name: ISSUER }] };
    const world = await startTokenWorld(SET, { spec: { signer }, issuer: 'issuer-once' });
    const { namespace, pods, until } = world;
    await apply(loneReader(namespace));
    await readyPods(namespace, READER);
    const first = kidOf(await world.provenStandby(), 1);
    await requestRotation(namespace, SET, 'first');
    const second = kidOf(await world.signs(2, SOON_MS), 2);
    const switchedMs = Date.now();
    await until('it names both pods', (set) => names(set, ISSUER) && names(set, READER), SOON_MS);
    expect((await pods.reports()).issuer.signers.map(({ kids }) => kids)).toEqual([[first]]);

    await untilInUse(pods, second, RESTARTED_TIMEOUT_MS);
    recordFigure('issuerRestartedMs', Date.now() - switchedMs);
    const isLate = () => Date.now() > switchedMs + RETIRED_WITHOUT_PODS_MS;
    const isKept = (set: SigningKeySet) =>
      isLate() && !names(set, ISSUER) && names(set, READER) && stateOf(set, 1) === 'Retiring';
    await until('key 1 is kept for the lone pod alone', isKept, RETIRED_TIMEOUT_MS);

    await kubectl(['-n', namespace, 'delete', 'pod', READER]);
    const goneMs = Date.now();
    const isRetired = (set: SigningKeySet) => stateOf(set, 1) === 'Retired';
    const set = await until('key 1 is retired', isRetired, RETIRED_TIMEOUT_MS);
    recordFigure('retiredAfterLastPodMs', Date.now() - goneMs);
    expect(set.status.conditions.find(({ type }) => type === CONDITION)?.status).not.toBe('True');

    const { issuer, verifiers } = await pods.reports();
    expect(issuer.failures).toEqual([]);
    for (const way of WAYS) {
      expect(verifiers[way].rejections, `rejected by the verifier by ${way}`).toEqual([]);
      expect([...verifiers[way].kids].sort()).toEqual([first, second].sort());
      recordFigure(
        `readOnceVerifiedBy${way[0]?.toUpperCase()}${way.slice(1)}`,
        verifiers[way].tokens,
      );
    }
    expect(await pods.restarts()).toBe(0);
  },
  TIMEOUT_MS,
);

/** Whether the condition holds and its message names a pod, by the beginning of its name. */
function names({ status }: SigningKeySet, podPrefix: string): boolean {
  const condition = status.conditions.find(({ type }) => type === CONDITION);
  return condition?.status === 'True' && condition.message.includes(podPrefix);
}

/** It has the signer Secret by `subPath`, and does nothing with it. */
function loneReader(namespace: string): object {
  const command = nodeCommand(`
process.once('SIGTERM', () => process.exit());
setInterval(() => undefined, 60_000);
`);
  const mounts = [{ name: 'signer', mountPath: '/run/key.pem', subPath: 'private.pem' }];
  return pod(namespace, READER, {
    containers: [{ name: 'reader', image: 'pods', command, mounts }],
    volumes: [{ name: 'signer', secret: { secretName: `${SET}-signer` } }],
  });
}
