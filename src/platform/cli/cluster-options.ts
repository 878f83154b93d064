/** The flags of every program that connects to a cluster, and the connection. */
import { systemClock } from '../clock.ts';
import { createKubeTransport, type KubeTransport } from '../kube/http-transport.ts';
import { optionalText } from './option-kinds.ts';

export const CLUSTER_OPTIONS = {
  kubeconfig: optionalText({
    placeholder: '<file>',
    help: "the kubeconfig file; without it, the pod's service account, KUBECONFIG or ~/.kube/config",
  }),
  context: optionalText({
    placeholder: '<name>',
    help: 'the context of the kubeconfig; without it, the current one is used',
  }),
} as const;

/** @throws KubeConfigError if no usable cluster is configured */
export function connect(config: {
  readonly kubeconfig: string | null;
  readonly context: string | null;
}): KubeTransport {
  return createKubeTransport({
    clock: systemClock,
    ...(config.kubeconfig === null ? {} : { kubeconfig: config.kubeconfig }),
    ...(config.context === null ? {} : { context: config.context }),
  });
}
