/** The types of the API that the operator reads and writes. */
import { API_GROUP, API_VERSION, SET_PLURAL } from '../core/names.ts';
import type { Resource } from '../platform/kube-resource.ts';

export const SETS: Resource = {
  group: API_GROUP,
  version: API_VERSION,
  plural: SET_PLURAL,
  namespaced: true,
};
export const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
export const CONFIG_MAPS: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  namespaced: true,
};
export const PODS: Resource = { group: '', version: 'v1', plural: 'pods', namespaced: true };
export const NAMESPACES: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  namespaced: false,
};
export const EVENTS: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  namespaced: true,
};
export const LEASES: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  namespaced: true,
};

/** A set by namespace and name: the key of the work queue is `namespace/name`. */
export interface SetName {
  readonly namespace: string;
  readonly name: string;
}

export function setKey({ namespace, name }: SetName): string {
  return `${namespace}/${name}`;
}

export function setNameOf(key: string): SetName {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
