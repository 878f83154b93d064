/** The JWKS server as users get it: by its chart, and as a sidecar by the documented snippet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { e2eCluster, helm, kubectl } from '../cluster/cluster.ts';
import { imageFlags, imageValues } from '../install/image-values.ts';
import { ROOT } from '../install/project-root.ts';
import { type Pod, readyPodsBy } from './pods-control.ts';

const CHART = 'charts/jwks-server';
const SNIPPET = join(ROOT, 'docs/examples/jwks-sidecar.yaml');
/** What the snippet's readers are to change. */
const SNIPPET_IMAGE = 'ghcr.io/signing-key-operator/signing-key-operator:0.1.0';
const SNIPPET_CONFIG_MAP = 'payments-jwks';
const REPLICAS = 2;

/** As the chart and the snippet have it. */
export const JWKS_PORT = 8080;
export const JWKS_PATH = '/.well-known/jwks.json';

/** The chart names its Service like the release, if that contains the chart's name. */
export function jwksRelease(set: string): string {
  return `${set}-jwks-server`;
}

/** Installs the chart for a set's ConfigMap, with the values that it needs and no others. */
export async function installJwksServer(namespace: string, set: string): Promise<void> {
  await helm(
    ...['install', jwksRelease(set), CHART, '--namespace', namespace],
    ...['--set', `configMapName=${set}-jwks`],
    ...imageFlags(imageValues(e2eCluster().images.program)),
  );
}

export function jwksServersReady(namespace: string, set: string): Promise<readonly Pod[]> {
  return readyPodsBy(namespace, `app.kubernetes.io/instance=${jwksRelease(set)}`, REPLICAS);
}

/** Adds the sidecar to a Deployment by the documented command. */
export async function addSidecar(
  namespace: string,
  deployment: string,
  configMap: string,
): Promise<void> {
  const patch = readFileSync(SNIPPET, 'utf8')
    .replace(`image: ${SNIPPET_IMAGE}`, `image: ${e2eCluster().images.program}`)
    .replace(`name: ${SNIPPET_CONFIG_MAP} `, `name: ${configMap} `);
  if (patch.includes(SNIPPET_IMAGE)) throw new Error('the snippet names its image in another way');
  if (!patch.includes(configMap)) throw new Error('the snippet names its ConfigMap in another way');
  const args = ['-n', namespace, 'patch', 'deployment', deployment, '--patch', patch];
  await kubectl(args);
}
