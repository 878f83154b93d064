/**
 * Rotations with real mounts, while everything that may happen happens: both replicas are rolled,
 * the release is upgraded, rolled back, removed and installed again, an operator's pod is deleted,
 * the leader is killed, the kubelet is restarted, the API server is away for a minute. Issuers sign
 * and verifiers verify all the time; not one token may be rejected. It happens to the sets of all
 * other tests as well.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { SigningKeySet } from '../../src/api/signing-key-set.generated.ts';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { e2eCluster, hand, hasHands, request } from './cluster/cluster.ts';
import { OPERATOR_NAMESPACE } from './install/operator-install.ts';
import { memoryOf } from './operator/memory.ts';
import {
  killLeader,
  leader,
  leaderAfter,
  leaseHolder,
  leaseTransitions,
  operatorReady,
} from './operator/operator-pods.ts';
import {
  belongingsOf,
  installAgain,
  installPrevious,
  rollOperator,
  uninstall,
  upgradeAndRollBack,
} from './operator/operator-releases.ts';
import { writersIn } from './operator/writers.ts';
import {
  createSet,
  kidOf,
  RETIRED_TIMEOUT_MS,
  requestRotation,
  stateOf,
} from './world/signing-key-sets.ts';
import { expectNoneRejected, untilInUse } from './world/token-judgement.ts';
import { startTokenWorld } from './world/token-world.ts';

const SET = 'payments';
/** The lease lives 15 s; after that another works on within 5 s. */
const TAKEN_OVER_MS = 20_000;
/**
 * One that stops gives its lease back. It takes about a second; the bound is for a kubelet that has other
 * things to do, and less than a lease.
 */
const GIVEN_BACK_MS = 7500;
const OUTAGE_MS = 60_000;
const AFTER_OUTAGE_TIMEOUT_MS = 120_000;
const SIGNS_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 20 * 60_000;

test(
  'not one token is rejected through rotations and every disruption',
  async () => {
    const world = await startTokenWorld(SET);
    const { namespace, pods, until } = world;
    const rotate = async (id: string, ordinal: number) => {
      await world.provenStandby();
      await requestRotation(namespace, SET, id);
      return await world.signs(ordinal, SIGNS_TIMEOUT_MS);
    };
    const { previous } = e2eCluster();
    if (previous !== null) await installPrevious(previous);
    await rollOperator();
    await rotate('first', 2);
    if (previous !== null) await upgradeAndRollBack();
    const isRetiring = (set: SigningKeySet) => stateOf(set, 1) === 'Retiring';
    await until('key 1 retires, and has not retired yet', isRetiring, 30_000);
    recordFigure('upgradedFrom', previous?.commit ?? 'nothing');
    // Before the outage: after one the cluster may take minutes to collect the removed pods.
    await reinstall(namespace);
    await deleteLeader();
    if (hasHands()) await disruptNode(namespace);
    const isRetired = (set: SigningKeySet) => stateOf(set, 1) === 'Retired';
    await until('key 1 is retired', isRetired, RETIRED_TIMEOUT_MS);

    // The next rotation is due in a world in which all that is over.
    await untilInUse(pods, kidOf(await rotate('second', 3), 3));
    expect((await pods.reports()).issuer.signers).toHaveLength(3);
    await expectNoneRejected(pods);
    await recordMemory(namespace);
    const writers = writersIn(namespace, OPERATOR_NAMESPACE);
    if (writers === null) return;
    // One writes until it leads no more: never two in turns.
    expect(writers.length).toBeGreaterThan(1);
    expect(writers.length - 1).toBeLessThanOrEqual(await leaseTransitions());
  },
  TIMEOUT_MS,
);

/** Keys sign and verifiers verify while there is no operator; the next one finds everything. */
async function reinstall(namespace: string): Promise<void> {
  const before = await belongingsOf(namespace, SET);
  await uninstall();
  expect(await belongingsOf(namespace, SET)).toEqual(before);
  const startMs = performance.now();
  await installAgain();
  await operatorReady();
  recordFigure('reinstalledMs', Math.round(performance.now() - startMs));
  expect(await belongingsOf(namespace, SET)).toEqual(before);
}

/** A graceful end: the lease is given up, and the other takes over within seconds. */
async function deleteLeader(): Promise<void> {
  const { name } = (await leader()).metadata;
  const before = await leaseHolder();
  const startMs = performance.now();
  const path = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods/${name}`;
  expect((await request({ method: 'DELETE', path })).status).toBe(200);
  await leaderAfter(before, GIVEN_BACK_MS);
  recordFigure('takenOverAfterDeleteMs', Math.round(performance.now() - startMs));
  await operatorReady();
}

async function disruptNode(namespace: string): Promise<void> {
  await leader();
  const before = await leaseHolder();
  const startMs = performance.now();
  await killLeader();
  await leaderAfter(before, TAKEN_OVER_MS);
  recordFigure('takenOverAfterKillMs', Math.round(performance.now() - startMs));

  await hand('restartKubelet');
  await outage(namespace);
  await operatorReady();
}

/** Not a wait for something to happen: the absence itself is what is tested. */
async function outage(namespace: string): Promise<void> {
  await hand('stopApiServer');
  await pause(OUTAGE_MS);
  await hand('startApiServer');
  const startMs = performance.now();
  const probe = 'after-outage';
  await createSet(namespace, probe);
  // A set that is made afterwards shows that the operator works again, not only that it runs.
  await waitFor(
    async () => {
      const path = `/api/v1/namespaces/${namespace}/secrets/${probe}-signer`;
      return (await request({ path })).status === 200;
    },
    { timeoutMs: AFTER_OUTAGE_TIMEOUT_MS, intervalMs: 250, describe: 'a new set to get its key' },
  );
  recordFigure('workedAfterOutageMs', Math.round(performance.now() - startMs));
}

/** After a quarter of an hour at work. */
async function recordMemory(namespace: string): Promise<void> {
  const operators = await memoryOf(OPERATOR_NAMESPACE, 'operator');
  const servers = await memoryOf(namespace, 'jwks-server');
  const sidecars = await memoryOf(namespace, 'jwks');
  expect(Math.min(...operators, ...servers, ...sidecars)).toBeGreaterThan(0);
  recordFigure('operatorMegabytes', Math.max(...operators));
  recordFigure('jwksServerMegabytes', Math.max(...servers));
  recordFigure('sidecarMegabytes', Math.max(...sidecars));
}
