/**
 * A rotation with real mounts, while everything that may fail fails: an operator's pod is deleted,
 * the leader is killed, the kubelet is restarted, the API server is away for a minute. Issuers
 * sign and verifiers verify all the time; not one token may be rejected.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { recordFigure } from '../support/record-figure.ts';
import { waitFor } from '../support/wait-for.ts';
import { hand, hasHands, request } from './cluster.ts';
import { memoryOf } from './memory.ts';
import { createNamespace } from './namespaces.ts';
import { OPERATOR_NAMESPACE } from './operator-install.ts';
import {
  killLeader,
  leader,
  leaderAfter,
  leaseHolder,
  leaseTransitions,
  operatorReady,
} from './operator-pods.ts';
import {
  activeOrdinal,
  CACHE_SECONDS,
  createSet,
  hasProvenStandby,
  PROVEN_TIMEOUT_MS,
  RETIRED_TIMEOUT_MS,
  requestRotation,
  stateOf,
  untilSet,
} from './signing-key-sets.ts';
import { startTokenPods, type TokenReports, WAYS } from './token-pods.ts';
import { writersIn } from './writers.ts';

const SET = 'payments';
/** The lease lives 15 s; after that another works on within 5 s. */
const TAKEN_OVER_MS = 20_000;
const OUTAGE_MS = 60_000;
const AFTER_OUTAGE_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 20 * 60_000;

test(
  'not one token is rejected through a rotation and every disruption',
  async () => {
    const namespace = await createNamespace('payments');
    await createSet(namespace, SET);
    const pods = await startTokenPods(namespace, SET, CACHE_SECONDS * 1000);
    await pods.ready();
    await untilSet(namespace, SET, 'a proven standby', hasProvenStandby, PROVEN_TIMEOUT_MS);

    await requestRotation(namespace, SET, 'first');
    await untilSet(namespace, SET, 'key 2 signs', (set) => activeOrdinal(set) === 2, 60_000);
    await deleteLeader();
    if (hasHands()) await disruptNode(namespace);
    const isRetired = (set: Parameters<typeof stateOf>[0]) => stateOf(set, 1) === 'Retired';
    await untilSet(namespace, SET, 'key 1 is retired', isRetired, RETIRED_TIMEOUT_MS);

    // A second rotation, undisturbed, ends in a world where nothing is left of the first one.
    await untilSet(namespace, SET, 'a proven standby', hasProvenStandby, PROVEN_TIMEOUT_MS);
    await requestRotation(namespace, SET, 'second');
    await untilSet(namespace, SET, 'key 3 signs', (set) => activeOrdinal(set) === 3, 60_000);
    const isOver = (set: Parameters<typeof stateOf>[0]) => stateOf(set, 2) === 'Retired';
    await untilSet(namespace, SET, 'key 2 is retired', isOver, RETIRED_TIMEOUT_MS);

    const reports = await pods.reports();
    expect(await pods.restarts()).toBe(0);
    judge(reports);
    await recordMemory(namespace);
    const writers = writersIn(namespace, OPERATOR_NAMESPACE);
    if (writers === null) return;
    // One writes until it leads no more: never two in turns.
    expect(writers.length).toBeGreaterThan(1);
    expect(writers.length - 1).toBeLessThanOrEqual(await leaseTransitions());
  },
  TIMEOUT_MS,
);

/** A graceful end: the lease is given up, and the other goes on within seconds. */
async function deleteLeader(): Promise<void> {
  const before = await leaseHolder();
  const name = (await leader())?.metadata.name ?? '';
  const startMs = performance.now();
  const path = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods/${name}`;
  expect((await request({ method: 'DELETE', path })).status).toBe(200);
  await leaderAfter(before, TAKEN_OVER_MS);
  recordFigure('takenOverAfterDeleteMs', Math.round(performance.now() - startMs));
  await operatorReady();
}

async function disruptNode(namespace: string): Promise<void> {
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
  expect(Math.min(...operators, ...servers)).toBeGreaterThan(0);
  recordFigure('operatorMegabytes', Math.max(...operators));
  recordFigure('jwksServerMegabytes', Math.max(...servers));
}

function judge({ issuer, verifiers }: TokenReports): void {
  expect(issuer.failures).toEqual([]);
  expect(issuer.signers).toHaveLength(3);
  recordFigure('tokensSigned', issuer.signed);
  for (const way of WAYS) {
    const report = verifiers[way];
    expect(report.rejections, `rejected by the verifier by ${way}`).toEqual([]);
    expect(report.rejected).toBe(0);
    // Each of the keys was in use, and nearly every token came to be verified.
    expect([...report.kids].sort()).toEqual(issuer.signers.flatMap(({ kids }) => kids).sort());
    expect(report.tokens).toBeGreaterThan(issuer.signed * 0.9);
    recordFigure(`verifiedBy${way[0]?.toUpperCase()}${way.slice(1)}`, report.verified);
    recordFigure(`rejectedBy${way[0]?.toUpperCase()}${way.slice(1)}`, report.rejected);
  }
}
