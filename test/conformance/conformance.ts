import { describe } from 'vitest';
import type { Subject } from './api.ts';
import { customResources } from './custom-resources.ts';
import { deletes } from './deletes.ts';
import { kinds } from './kinds.ts';
import { lists } from './lists.ts';
import { managedFields } from './managed-fields.ts';
import { patches } from './patches.ts';
import { protocol } from './protocol.ts';
import { watches } from './watches.ts';
import { workloads } from './workloads.ts';
import { writes } from './writes.ts';

/**
 * What the operator relies on in an API server. The same tests run on the fake and on a real
 * kube-apiserver, where each expectation was learned first; so the fake can't drift.
 */
export function conformance(subject: Subject): void {
  describe('creating and replacing', () => writes(subject));
  describe('kinds', () => kinds(subject));
  describe('custom resources', () => customResources(subject));
  describe('patching', () => patches(subject));
  describe('deleting', () => deletes(subject));
  describe('listing', () => lists(subject));
  describe('watching', () => watches(subject));
  describe('workloads', () => workloads(subject));
  describe('managed fields', () => managedFields(subject));
  describe('protocol', () => protocol(subject));
}
