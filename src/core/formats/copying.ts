/**
 * Labels and annotations by which a Secret asks another controller to copy it elsewhere: into other
 * namespaces, clusters, or a store of credentials. The private key would then be where nobody expects it,
 * and stay there after it has ended. docs/errors.md lists them; a test compares.
 */

import type { ObjectTemplate } from './spec.ts';

/** How such names start, and who reads them. The value does not matter. */
export const COPYING_NAMES: readonly (readonly [start: string, reader: string])[] = [
  ['reflector.v1.k8s.emberstack.com/', 'Reflector'],
  ['replicator.v1.mittwald.de/', 'kubernetes-replicator'],
  ['kubed.appscode.com/', 'Config Syncer'],
  ['propagate.hnc.x-k8s.io/', 'Hierarchical Namespaces'],
  ['accurate.cybozu.com/propagate', 'Accurate'],
  ['field.cattle.io/projectId', 'Rancher'],
  ['management.cattle.io/project-scoped-secret', 'Rancher'],
  ['liqo.io/allow-reflection', 'Liqo'],
  ['jenkins.io/credentials-type', 'Jenkins'],
  ['cert-manager-sync.lestak.sh/', 'cert-manager-sync'],
  ['synator/', 'Synator'],
  ['k8s-replicator/', 'k8s-replicator'],
  ['replizieren.dev/', 'Replizieren'],
  ['kube-syncer/', 'kube-syncer'],
  ['flynshue.io/sync', 'kopy'],
  ['secretsync.ibm.com/', 'secret-sync-operator'],
  ['secret-sync.praekelt.org/', 'secret-sync-controller'],
  ['secret-copy/', 'K8s-Secret-Copy-Controller'],
  ['reflector.havulv.io/', 'havulv/reflector'],
  ['configreflector.github.io/', 'config-reflector'],
];

/** It asks for the opposite. */
const FORBIDS_COPIES = 'propagate.hnc.x-k8s.io/none';

function isCopying(name: string): boolean {
  return name !== FORBIDS_COPIES && COPYING_NAMES.some(([start]) => name.startsWith(start));
}

/** What of a template asks for copies, as fields such as `annotations[kubed.appscode.com/sync]`. */
export function copyingFields({ labels, annotations }: ObjectTemplate): readonly string[] {
  const named = (map: 'labels' | 'annotations', names: readonly string[]) =>
    names.filter(isCopying).map((name) => `${map}[${name}]`);
  return [
    ...named('labels', Object.keys(labels)),
    ...named('annotations', Object.keys(annotations)),
  ];
}

/** The template without what asks for copies. */
export function withoutCopying<Template extends ObjectTemplate>(template: Template): Template {
  const kept = (map: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(map).filter(([name]) => !isCopying(name)));
  return { ...template, labels: kept(template.labels), annotations: kept(template.annotations) };
}
