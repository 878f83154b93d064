/** Pods as the level `restricted` wants them. */
import { e2eCluster } from '../cluster/cluster.ts';

export interface ContainerSetup {
  readonly name: string;
  readonly image: 'program' | 'pods';
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly object[];
  readonly ports?: Readonly<Record<string, number>>;
  readonly readiness?: { readonly path: string; readonly port: number };
  readonly mounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodSetup {
  readonly containers: readonly ContainerSetup[];
  readonly volumes?: readonly object[];
  readonly serviceAccount?: string;
}

const NODE = '/usr/local/bin/node';

/** A pod's spec, for a Pod or for a template. Without a service account it gets no token. */
export function podSpec({ containers, volumes = [], serviceAccount }: PodSetup): object {
  return {
    ...(serviceAccount === undefined
      ? { automountServiceAccountToken: false }
      : { serviceAccountName: serviceAccount }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationGracePeriodSeconds: 15,
    containers: containers.map(container),
    volumes,
  };
}

function container(setup: ContainerSetup): object {
  const { name, image, args, command, env, ports = {}, readiness, mounts = [] } = setup;
  return {
    name,
    image: e2eCluster().images[image],
    imagePullPolicy: 'IfNotPresent',
    ...(args === undefined ? {} : { args }),
    ...(command === undefined ? {} : { command }),
    ...(env === undefined ? {} : { env }),
    ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
    ...(readiness === undefined
      ? {}
      : { readinessProbe: { httpGet: readiness, periodSeconds: 1 } }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: mounts.map((mount) => ({ ...mount, readOnly: true })),
  };
}

export function pod(namespace: string, name: string, setup: PodSetup): object {
  const metadata = { name, namespace, labels: { app: name } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec(setup) };
}

export function deployment(
  namespace: string,
  name: string,
  replicas: number,
  setup: PodSetup,
): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(setup) },
    },
  };
}

export function service(namespace: string, name: string, app: string, port: number): object {
  const spec = { selector: { app }, ports: [{ port, targetPort: port }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

/** For `command`: the image's Node.js with a program given as a text. */
export function nodeCommand(program: string): readonly string[] {
  return [NODE, '--input-type=module', '--eval', program];
}
