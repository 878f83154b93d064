/** What the charts render, judged by the real API server: its schemas, and Pod Security. */
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { applyCrds } from '../cluster/control-plane/crds.ts';
import { createNamespace, kubectl } from '../cluster/shared-control-plane.ts';
import { type KubeManifest, renderObjects, type Values } from './helm.ts';
import { podsOf, VALUE_SETS } from './value-sets.ts';

const OTHERS_CRDS = ['service-monitor-crd.yaml', 'http-route-crd.yaml'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);
const SIDECAR = fileURLToPath(new URL('../../docs/examples/jwks-sidecar.yaml', import.meta.url));
const DRY_RUN = ['apply', '--server-side', '--force-conflicts', '--dry-run=server'];

beforeAll(async () => {
  for (const path of OTHERS_CRDS) await applyCrds(kubectl, path);
});

async function restrictedNamespace(prefix: string): Promise<string> {
  const name = await createNamespace(prefix);
  const level = 'pod-security.kubernetes.io/enforce=restricted';
  await kubectl(['label', 'namespace', name, level]);
  return name;
}

/** Lists of objects in the places of `first-namespace` and `second-namespace`. */
function placed(values: Values, names: Readonly<Record<string, string>>): Values {
  const text = Object.entries(names).reduce(
    (all, [from, to]) => all.replaceAll(`"${from}"`, `"${to}"`),
    JSON.stringify(values),
  );
  return JSON.parse(text);
}

async function dryRun(objects: readonly KubeManifest[]): Promise<string> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const args = [...DRY_RUN, '--validate=strict', '--output=name', '--filename=-'];
  return await kubectl(args, { stdin: list });
}

test.each(Object.entries(VALUE_SETS))('%s', async (_, { chart, values, apis = [] }) => {
  const namespace = await restrictedNamespace('chart');
  const other = JSON.stringify(values).includes('second-namespace')
    ? await createNamespace('other')
    : '';
  const objects = await renderObjects({
    ...{ chart, namespace, apis },
    values: placed(values, { 'first-namespace': namespace, 'second-namespace': other }),
  });
  const names = (await dryRun(objects)).trim().split('\n');
  expect(names).toHaveLength(objects.length);
  // As Pods of their own: of a Deployment, Pod Security only warns.
  const pods = podsOf(objects);
  expect((await dryRun(pods)).trim().split('\n')).toHaveLength(pods.length);
});

test('the sidecar fits an issuer in a restricted namespace', async () => {
  const namespace = await restrictedNamespace('sidecar');
  const labels = { app: 'issuer' };
  const securityContext = {
    ...{ runAsNonRoot: true, allowPrivilegeEscalation: false },
    ...{ capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
  };
  const containers = [{ name: 'issuer', image: 'issuer', securityContext }];
  const template = { metadata: { labels }, spec: { containers } };
  const issuer = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'issuer', namespace } },
    spec: { selector: { matchLabels: labels }, template },
  };
  const patch = ['patch', '--local', '--filename=-', '--patch-file', SIDECAR, '--output=json'];
  const patched = JSON.parse(await kubectl(patch, { stdin: JSON.stringify(issuer) }));
  expect(patched.spec.template.spec.containers).toHaveLength(1);
  const pods = podsOf([patched]);
  expect((await dryRun([patched, ...pods])).trim().split('\n')).toHaveLength(2);
});

test('a field that nobody knows, and a Pod that is not restricted, would be refused', async () => {
  const namespace = await restrictedNamespace('chart');
  const container = { name: 'a', image: 'a' };
  const pod = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'odd', namespace },
    spec,
  });
  await expect(dryRun([pod({ containers: [container], tolerance: [] })])).rejects.toThrow(
    'unknown field "tolerance"',
  );
  await expect(dryRun([pod({ containers: [container] })])).rejects.toThrow('PodSecurity');
});
