/** The flags of every program that talks to a cluster, and the way to it. */
import { systemClock } from '../clock.ts';
import { createKubeTransport, type KubeTransport } from '../kube/http-transport.ts';
import { optionalText } from './option-kinds.ts';

export const CLUSTER_OPTIONS = {
  kubeconfig: optionalText({
    placeholder: '<file>',
    help: 'a kubeconfig file instead of the usual places',
  }),
  context: optionalText({
    placeholder: '<name>',
    help: 'a context of the kubeconfig instead of its current one',
  }),
} as const;

/** @throws KubeConfigError where there is no way to a cluster */
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
