import { expect, test } from 'vitest';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { apply } from './cluster/cluster.ts';
import { createNamespace } from './cluster/namespaces.ts';
import {
  addSidecar,
  installJwksServer,
  JWKS_PATH,
  JWKS_PORT,
  jwksServersReady,
} from './world/jwks-servers.ts';
import { deployment, nodeCommand, type PodSetup } from './world/pod-specs.ts';
import { askPod, type Pod, readyPods } from './world/pods-control.ts';

const SET = 'served';
const CONFIG_MAP = `${SET}-jwks`;
const MOUNT = '/var/run/jwks';
/** A kubelet looks at a pod once a minute, give or take half; then its cached ConfigMap may be a minute old. */
const SERVED_TIMEOUT_MS = 180_000;
/** P by default: what sets count on. */
const PUBLICATION_DELAY_MS = 180_000;
const PODS = 2;

/** Answers with what the mounted file says at that moment. */
const READER = nodeCommand(`
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
process.once('SIGTERM', () => process.exit());
createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(readFileSync('${MOUNT}/jwks.json'));
}).listen(${JWKS_PORT});
`);

/**
 * From the write of a JWKS ConfigMap until it is seen on the node: in a mounted file, at a sidecar
 * and at the JWKS server of the chart, with a kubelet as it is by default. Each pod has a rhythm of
 * its own, so there are several.
 */
test('a new ConfigMap is seen by every way within P', async () => {
  const namespace = await createNamespace('mounts');
  await apply(jwksConfigMap(namespace, 'first'));
  await installJwksServer(namespace, SET);
  await apply(
    deployment(namespace, 'mount', PODS, reader()),
    deployment(namespace, 'sidecar', PODS, idle()),
  );
  await addSidecar(namespace, 'sidecar', CONFIG_MAP);
  const ways = {
    Mount: await readyPods(namespace, 'mount', PODS),
    Sidecar: await readyPods(namespace, 'sidecar', PODS),
    Server: await jwksServersReady(namespace, SET),
  };
  const all = Object.values(ways).flat();
  expect(await Promise.all(all.map((pod) => servedKid(namespace, pod)))).toEqual(
    all.map(() => 'first'),
  );
  const startMs = performance.now();
  await apply(jwksConfigMap(namespace, 'second'));
  const measured = Object.entries(ways).map(async ([way, pods]) => {
    const delays = await Promise.all(pods.map((pod) => untilServed(namespace, pod, startMs)));
    recordFigure(`servedBy${way}MsMin`, Math.min(...delays));
    recordFigure(`servedBy${way}MsMax`, Math.max(...delays));
    expect(Math.max(...delays)).toBeLessThan(PUBLICATION_DELAY_MS);
  });
  await Promise.all(measured);
}, 420_000);

async function untilServed(namespace: string, pod: Pod, startMs: number): Promise<number> {
  await waitFor(async () => (await servedKid(namespace, pod)) === 'second', {
    timeoutMs: SERVED_TIMEOUT_MS,
    intervalMs: 500,
    describe: `${pod.metadata.name} to show the second JWKS`,
  });
  return Math.round(performance.now() - startMs);
}

async function servedKid(namespace: string, { metadata }: Pod): Promise<string | undefined> {
  const jwks = await askPod<{ keys: { kid: string }[] }>(
    ...([namespace, metadata.name, JWKS_PORT, JWKS_PATH] as const),
  );
  return jwks.keys[0]?.kid;
}

/** A public key of RFC 7517's example: nobody has its private half here. */
function jwksConfigMap(namespace: string, kid: string): object {
  const key = {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    use: 'sig',
    alg: 'ES256',
    kid,
  };
  const data = {
    'jwks.json': JSON.stringify({ keys: [key] }),
    'serve.json': JSON.stringify({ maxAgeSeconds: 30, sharedMaxAgeSeconds: 0 }),
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP, namespace }, data };
}

function reader(): PodSetup {
  return {
    containers: [
      {
        name: 'reader',
        image: 'pods',
        command: READER,
        ports: { http: JWKS_PORT },
        readiness: { path: JWKS_PATH, port: JWKS_PORT },
        mounts: [{ name: 'jwks', mountPath: MOUNT }],
      },
    ],
    volumes: [{ name: 'jwks', configMap: { name: CONFIG_MAP } }],
  };
}

/** In the issuer's place: what it does makes no difference here. */
function idle(): PodSetup {
  const command = nodeCommand(`
process.once('SIGTERM', () => process.exit());
setInterval(() => undefined, 60_000);
`);
  return { containers: [{ name: 'idle', image: 'pods', command }] };
}
