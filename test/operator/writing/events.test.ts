import { expect, test } from 'vitest';
import type { ObservedSet } from '../../../src/core/reading/model.ts';
import { createEventSender } from '../../../src/operator/writing/events.ts';
import type { KubeClient } from '../../../src/platform/kube/client.ts';
import type { KubeObject } from '../../../src/platform/kube/resource.ts';
import { VirtualClock } from '../../support/clock/virtual-clock.ts';
import { recordLog } from '../../support/kube/log-recorder.ts';

const SET = {
  ref: { namespace: 'auth', name: 'payments', uid: 'u' },
  resourceVersion: '1',
} as ObservedSet;

// The API server counts bytes, and refuses an event whose note has more than 1024 of them.
test.each([
  ['short', 'short'],
  ['x'.repeat(1024), 'x'.repeat(1024)],
  ['x'.repeat(1025), 'x'.repeat(1024)],
  [`x${'é'.repeat(600)}`, `x${'é'.repeat(511)}`],
  ['🔑'.repeat(300), '🔑'.repeat(256)],
])('a note has as many whole characters as fit (%#)', async (message, note) => {
  const made: KubeObject[] = [];
  const create = async (_: unknown, object: KubeObject) => void made.push(object);
  const sender = createEventSender({
    ...{ client: { create } as unknown as KubeClient, clock: new VirtualClock() },
    ...{ random: { float: () => 0, hex: () => 'ab' }, log: recordLog(), instance: 'one' },
  });
  sender.send(SET, [{ type: 'Normal', reason: 'NotAtRest', message }]);
  await sender.stop(0);
  expect(made.map((event) => event['note'])).toEqual([note]);
});
