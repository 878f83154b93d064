/** Issuers that read once, on a real API server: its pods, its field selectors, its conditional patches. */
import { expect, test } from 'vitest';
import { issuersIn, ONE_OF_EACH } from './issuer-pods.ts';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';

const BY_HAND = { ...FAST_SPEC, rotation: { interval: '720h' } };
/** A look at the pods every 30 s, and the removal's wait. */
const LATER_MS = 90_000;
const TIMEOUT_MS = 300_000;

test(
  'a key stays while a pod holds it permanently, and leaves once the pod is gone',
  async () => {
    const { namespace, sets, ...look } = await started('op-issuers');
    const issuers = issuersIn(namespace);
    await sets.create('payments', BY_HAND);
    await eventually('a proven standby', async () => {
      return (await look.condition('payments', 'StandbyReady'))?.status === 'True';
    });
    await issuers.startPod('by-env', { manner: 'env' });
    await issuers.startPod('by-sub-path', { manner: 'subPath' });
    await issuers.startPod('by-volume', { manner: 'volume' });
    await issuers.startPod('unscheduled', { manner: 'env', isBound: false });
    await look.annotate('payments', 'rotate', 'once');

    const outdated = await eventually('the condition', () =>
      look.condition('payments', 'IssuersOutdated'),
    );
    expect([outdated.status, outdated.reason]).toEqual(['True', 'PodsHoldOldKey']);
    expect(outdated.message).toMatch(
      /^Pod by-env \(env\) and Pod by-sub-path \(subPath\) read the signer Secret only at startup/,
    );
    await eventually('its event', async () => {
      return (await look.eventReasons('payments')).includes('PodsHoldOldKey');
    });
    expect((await look.keyStatus('payments', 1))?.removableTime).toBeUndefined();

    await issuers.endPod('by-env');
    await issuers.endPod('by-sub-path');
    await eventually(
      'the removal',
      async () => (await look.keyStatus('payments', 1))?.state === 'Retired',
      LATER_MS,
    );
    expect(await look.condition('payments', 'IssuersOutdated')).toBeNull();
  },
  TIMEOUT_MS,
);

test(
  'listed workloads are restarted after a switch, with one mark each',
  async () => {
    const { namespace, sets, operator, ...look } = await started('op-restart');
    const issuers = issuersIn(namespace);
    for (const workload of ONE_OF_EACH) await issuers.makeWorkload(workload);
    await sets.create('payments', { ...BY_HAND, signer: { restart: ONE_OF_EACH } });
    await eventually('a proven standby', async () => {
      return (await look.condition('payments', 'StandbyReady'))?.status === 'True';
    });
    for (const of of ONE_OF_EACH) {
      await issuers.startPod(`${of.name}-old`, { manner: 'env', of });
    }
    await look.annotate('payments', 'rotate', 'once');
    await eventually('the restarts to be announced', async () => {
      return (await look.condition('payments', 'IssuersOutdated'))?.reason === 'Restarting';
    });
    await eventually(
      'a mark on each',
      async () => {
        const marks = await Promise.all(ONE_OF_EACH.map(issuers.markOf));
        const { activeKid } = await look.statusOf('payments');
        return marks.every((mark) => mark?.startsWith(`${activeKid} 20`) === true);
      },
      LATER_MS,
    );
    for (const { name } of ONE_OF_EACH) await issuers.endPod(`${name}-old`);
    await eventually(
      'the removal',
      async () => (await look.keyStatus('payments', 1))?.state === 'Retired',
      LATER_MS,
    );
    expect(
      (await look.eventReasons('payments')).filter((each) => each === 'WorkloadRestarted'),
    ).toHaveLength(3);
    expect(await operator.end('SIGTERM')).toBe(0);
  },
  TIMEOUT_MS,
);
