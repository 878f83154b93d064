import { find, type KubeManifest } from './helm.ts';
import { OPERATOR_VALUE_SETS } from './operator-value-sets.ts';
import { SERVER_VALUE_SETS } from './server-value-sets.ts';

export const VALUE_SETS = { ...OPERATOR_VALUE_SETS, ...SERVER_VALUE_SETS };

/** The Pods that a release would run, as objects of their own. */
export function podsOf(objects: readonly KubeManifest[]): readonly KubeManifest[] {
  const deployment = find(objects, 'Deployment');
  const { template } = deployment['spec'] as { template: { metadata: object; spec: object } };
  const { name, namespace } = deployment.metadata;
  const metadata = { ...template.metadata, name: `${name}-pod`, namespace };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec };
  return [pod as KubeManifest, ...objects.filter(({ kind }) => kind === 'Pod')];
}
