import { expect, test } from 'vitest';
import { recordFigure } from '../support/record-figure.ts';
import { waitFor } from '../support/wait-for.ts';
import { apply } from './cluster.ts';
import { createNamespace } from './namespaces.ts';
import { pod } from './pod-specs.ts';
import { askPod, readyPods } from './pods-control.ts';

const JWKS_PORT = 8080;
const OPERATIONS_PORT = 8081;
const SERVERS = 4;
/** A kubelet looks at a pod once a minute, give or take half; then its cached ConfigMap may be a minute old. */
const SERVED_TIMEOUT_MS = 180_000;
/** P by default: what sets count on. */
const PUBLICATION_DELAY_MS = 180_000;

/**
 * From the write of a JWKS ConfigMap until a server on the node shows it, with a kubelet as it is
 * by default. Each pod has a rhythm of its own, so there are several.
 */
test('a JWKS server shows a new ConfigMap within P', async () => {
  const namespace = await createNamespace('mounts');
  const names = Array.from({ length: SERVERS }, (_, index) => `jwks-server-${index}`);
  await apply(jwksConfigMap(namespace, 'first'));
  await apply(...names.map((name) => jwksServer(namespace, name)));
  await Promise.all(names.map((name) => readyPods(namespace, name)));
  expect(await servedKid(namespace, names[0] ?? '')).toBe('first');
  const startMs = performance.now();
  await apply(jwksConfigMap(namespace, 'second'));
  const delays = await Promise.all(
    names.map(async (name) => {
      await waitFor(async () => (await servedKid(namespace, name)) === 'second', {
        timeoutMs: SERVED_TIMEOUT_MS,
        intervalMs: 500,
        describe: `${name} to show the second JWKS`,
      });
      return Math.round(performance.now() - startMs);
    }),
  );
  recordFigure('configMapServedMsMin', Math.min(...delays));
  recordFigure('configMapServedMsMax', Math.max(...delays));
  expect(Math.max(...delays)).toBeLessThan(PUBLICATION_DELAY_MS);
}, 300_000);

async function servedKid(namespace: string, name: string): Promise<string | undefined> {
  const path = '/.well-known/jwks.json';
  const jwks = await askPod<{ keys: { kid: string }[] }>(namespace, name, JWKS_PORT, path);
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
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'jwks', namespace }, data };
}

function jwksServer(namespace: string, name: string): object {
  const mountPath = '/var/run/jwks';
  return pod(namespace, name, {
    containers: [
      {
        name: 'jwks-server',
        image: 'program',
        args: ['serve', '--dir', mountPath],
        ports: { http: JWKS_PORT },
        readiness: { path: '/readyz', port: OPERATIONS_PORT },
        mounts: [{ name: 'jwks', mountPath }],
      },
    ],
    volumes: [{ name: 'jwks', configMap: { name: 'jwks' } }],
  });
}
