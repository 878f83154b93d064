/** Plain manifests for `kubectl apply`, from the chart with its defaults. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Document, isMap, parseAllDocuments, stringify } from 'yaml';

const CHART = fileURLToPath(new URL('../charts/signing-key-operator', import.meta.url));
export const NAMESPACE = 'signing-key-system';
const RELEASE = 'signing-key-operator';

const HEAD = `# signing-key-operator, for kubectl apply --server-side -f install.yaml
# Made from the chart by \`make manifests\`, with the chart's defaults.
# Never delete all of it: the CRD is in it, and every set would go along. To remove the operator:
# kubectl delete -f install.yaml --selector 'app.kubernetes.io/component!=crd'
`;

/** What Helm alone knows. */
const OF_HELM = {
  labels: ['helm.sh/chart', 'app.kubernetes.io/managed-by'],
  annotations: ['helm.sh/resource-policy'],
} as const;

export interface ManifestOptions {
  readonly helm: string;
  /** `repository:tag`; the chart's own where it is not given. */
  readonly image?: string;
}

/** One file: the namespace first, then the CRD, then what uses them. */
export async function renderManifests({ helm, image }: ManifestOptions): Promise<string> {
  const args = ['template', RELEASE, CHART, '--namespace', NAMESPACE, '--no-hooks'];
  const { stdout } = await promisify(execFile)(helm, [...args, ...imageFlags(image)], {
    maxBuffer: 2 ** 24,
  });
  const documents = parseAllDocuments(stdout) as Document[];
  const objects = documents.filter(({ contents }) => isMap(contents)).map(withoutHelm);
  const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const others = objects.filter(({ kind }) => kind !== 'CustomResourceDefinition');
  const ordered = [namespace(), ...crds, ...others];
  return HEAD + ordered.map((object) => `---\n${stringify(object, { lineWidth: 0 })}`).join('');
}

function imageFlags(image: string | undefined): readonly string[] {
  if (image === undefined) return [];
  const [, repository = '', tag = ''] = /^(.+):([^:/]+)$/.exec(image) ?? [];
  if (repository === '') throw new Error(`the image '${image}' is no repository:tag`);
  return ['--set-string', `image.repository=${repository},image.tag=${tag}`];
}

interface KubeManifest {
  readonly kind: string;
  readonly [field: string]: unknown;
}

function namespace(): KubeManifest {
  const labels = {
    'app.kubernetes.io/part-of': RELEASE,
    'pod-security.kubernetes.io/enforce': 'restricted',
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } };
}

/** The Pods' template has labels of its own, so it is looked for at every depth. */
function withoutHelm(document: Document): KubeManifest {
  return JSON.parse(JSON.stringify(document.toJS()), (key, value: unknown) => {
    if (key !== 'labels' && key !== 'annotations') return value;
    if (typeof value !== 'object' || value === null) return value;
    const names: readonly string[] = OF_HELM[key];
    const kept = Object.entries(value).filter(([name]) => !names.includes(name));
    // Nothing at all rather than an empty map.
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  });
}
