/** The operator's own client on the shared control plane. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import { createKubeTransport } from '../../../src/platform/kube/http-transport.ts';
import { never } from '../../support/kube/kube-fixture.ts';
import { sharedControlPlane } from '../shared-control-plane.ts';

/** Its connections are closed when the test ends. */
export function clientOf(kubeconfig: string): KubeClient {
  const transport = createKubeTransport({ kubeconfig, clock: systemClock });
  onTestFinished(() => transport.close());
  return createKubeClient({ transport, clock: systemClock });
}

export function clientAs(user: string): KubeClient {
  return clientOf(sharedControlPlane().users[user]?.kubeconfigPath ?? '');
}

/** What a write is given: ten seconds, and nothing that aborts it. */
export const soon = () => ({
  signal: never(),
  deadlineMs: systemClock.monotonicMs() + 10_000,
});
