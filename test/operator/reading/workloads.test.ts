/** What a workload's own fields say about its roll-out. */
import { expect, test } from 'vitest';
import { foundWorkload } from '../../../src/operator/reading/workloads.ts';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';

const rollOutOf = (kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', parts: object) => {
  const object = { metadata: { name: 'w', generation: 3 }, ...parts } as KubeObject;
  const found = foundWorkload({ kind, name: 'w' }, object);
  return found.state === 'Found' ? found.rollOut : null;
};

test('a Deployment counts replicas, a DaemonSet nodes', () => {
  const deployment = {
    spec: { replicas: 3 },
    status: { observedGeneration: 3, updatedReplicas: 2, availableReplicas: 1 },
  };
  const counts = { isObserved: true, wanted: 3, updated: 2, available: 1, heldUpBy: null };
  expect(rollOutOf('Deployment', deployment)).toEqual(counts);
  const daemonSet = {
    status: {
      ...{ observedGeneration: 2, desiredNumberScheduled: 3 },
      ...{ updatedNumberScheduled: 2, numberAvailable: 1 },
    },
  };
  expect(rollOutOf('DaemonSet', daemonSet)).toEqual({ ...counts, isObserved: false });
});

test.each<[string, object, string | null]>([
  ['a paused Deployment', { paused: true }, 'its spec.paused is true'],
  [
    'one that waits for a person',
    { updateStrategy: { type: 'OnDelete' } },
    'its updateStrategy is OnDelete: delete its pods',
  ],
  [
    'one that is rolled out in part',
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
    'its updateStrategy has the partition 2',
  ],
  ['one by one', { updateStrategy: { rollingUpdate: { partition: 0, maxUnavailable: 1 } } }, null],
])('%s is held up by its own spec, or not', (_, spec, heldUpBy) => {
  expect(rollOutOf('StatefulSet', { spec })?.heldUpBy).toBe(heldUpBy);
});
