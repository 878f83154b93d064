/** The types of the API that the programs read and write. */
import { API_GROUP, API_VERSION, SET_PLURAL } from '../../core/formats/names.ts';
import type { Resource } from './resource.ts';

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
