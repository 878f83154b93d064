/** The leader's lease, stored in the API server. */
import type { Clock } from '../platform/clock.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import { isKubeObject, type KubeObject } from '../platform/kube/resource.ts';
import { LEASES } from '../platform/kube/resources.ts';
import type { LeaseObject, LeaseStore, StoredLease } from '../platform/leader/lease.ts';

/** Less than the renew deadline, so that a single lost answer does not lose the lease. */
const LEASE_REQUEST_TIMEOUT_MS = 5000;

export function createLeaseStore(
  client: KubeClient,
  clock: Clock,
  namespace: string,
  name: string,
): LeaseStore {
  const options = (signal: AbortSignal) => ({
    signal,
    deadlineMs: clock.monotonicMs() + LEASE_REQUEST_TIMEOUT_MS,
  });
  return {
    async get(signal) {
      const read = { signal, timeoutMs: LEASE_REQUEST_TIMEOUT_MS };
      return await unless(['not-found'], null, async () =>
        stored((await client.get(LEASES, { namespace, name }, read)).object),
      );
    },
    async create(lease, signal) {
      return await unless(['already-exists'], 'conflict', async () =>
        stored((await client.create(LEASES, objectOf(lease), options(signal))).object),
      );
    },
    async replace(lease, resourceVersion, signal) {
      const object = objectOf(lease);
      const exact = { ...object, metadata: { ...object.metadata, resourceVersion } };
      return await unless(['conflict', 'not-found'], 'conflict', async () =>
        stored((await client.replace(LEASES, exact, options(signal))).object),
      );
    },
  };
}

/** Some failures are answers. */
async function unless<Value, Instead>(
  kinds: readonly KubeApiError['kind'][],
  instead: Instead,
  ask: () => Promise<Value>,
): Promise<Value | Instead> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KubeApiError && kinds.includes(error.kind)) return instead;
    throw error;
  }
}

function stored(object: KubeObject): StoredLease {
  return { lease: object, resourceVersion: object.metadata.resourceVersion ?? '' };
}

function objectOf(lease: LeaseObject): KubeObject {
  if (!isKubeObject(lease)) throw new TypeError('a lease has no metadata');
  return lease;
}
