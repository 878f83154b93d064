import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import {
  createKubeTransport,
  type KubeTransport,
} from '../../../src/platform/kube/http-transport.ts';
import { conformance } from '../../conformance/conformance.ts';
import { WIDGET, WIDGET_CRD } from '../../conformance/widget.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { createNamespace, request, sharedControlPlane } from '../shared-control-plane.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
let transport: KubeTransport | undefined;

beforeAll(async () => {
  const kubeconfig = sharedControlPlane().users['admin']?.kubeconfigPath ?? '';
  transport = createKubeTransport({ kubeconfig, clock: systemClock });
  await request({ method: 'POST', path: CRDS, body: WIDGET_CRD });
  const path = `/apis/${WIDGET.group}/${WIDGET.version}/${WIDGET.plural}`;
  await waitFor(async () => (await request({ method: 'GET', path })).status === 200, {
    timeoutMs: 30_000,
    describe: 'the custom resource of the conformance suite to be served',
  });
});

afterAll(async () => {
  await request({ method: 'DELETE', path: `${CRDS}/${WIDGET_CRD.metadata.name}` });
  await transport?.close();
});

conformance({
  transport() {
    if (transport === undefined) throw new Error('the transport is made in beforeAll');
    return transport;
  },
  prepareNamespace: () => createNamespace('conformance'),
  // Only etcd itself could do that, and the API server does not pass the request on.
  compact: null,
});
