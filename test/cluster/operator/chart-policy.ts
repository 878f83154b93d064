/** The chart's ValidatingAdmissionPolicy, for tests that have no Helm: from what the chart is held to render. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { kubectl, request } from '../shared-control-plane.ts';
import { eventually } from './operator-cases.ts';

const GOLDEN = new URL('../../charts/golden/signing-key-operator.yaml', import.meta.url);
const CHART_ACCOUNT = 'system:serviceaccount:signing-key-system:signing-key-operator';

interface Manifest {
  readonly kind: string;
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown>;
}

/**
 * In force in one namespace once this resolves.
 * @param operator the account that the policy takes for the operator's
 * @returns removes it again
 */
export async function chartPolicy(
  namespace: string,
  operator: string,
): Promise<() => Promise<void>> {
  const text = readFileSync(GOLDEN, 'utf8').replaceAll(CHART_ACCOUNT, operator);
  const items = parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object?.kind.startsWith('ValidatingAdmissionPolicy') === true)
    .map((object) => inNamespaceOnly(object as Manifest, namespace));
  if (items.length !== 2) throw new Error(`the chart has ${items.length} objects of its policy`);
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(['apply', '--server-side', '--filename=-'], { stdin });
  await eventually('the policy', async () => {
    const metadata = { name: 'x', labels: { 'signingkeys.dev/set': 'x' } };
    const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    return (await request({ method: 'POST', path, body: { metadata } })).status === 403;
  });
  return async () => {
    await kubectl(['delete', '--ignore-not-found', '--filename=-'], { stdin });
  };
}

function inNamespaceOnly({ metadata, spec, ...rest }: Manifest, namespace: string): Manifest {
  const own = { ...rest, metadata: { name: namespace } };
  if (rest.kind === 'ValidatingAdmissionPolicy') return { ...own, spec };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  return {
    ...own,
    spec: { ...spec, policyName: namespace, matchResources: { namespaceSelector } },
  };
}
