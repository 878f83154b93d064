/** The sets of the tests, with the P and Ps that real kubelets need. */
import type { SigningKeySet } from '../../../src/api/signing-key-set.generated.ts';
import {
  API_GROUP_VERSION,
  REQUEST,
  SET_KIND,
  SET_PLURAL,
} from '../../../src/core/formats/names.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { apply, read, request } from '../cluster/cluster.ts';

/** What a set declares, and what its issuers and verifiers keep to. */
export interface Terms {
  /** T */
  readonly tokenLifetimeSeconds: number;
  /** C */
  readonly cacheSeconds: number;
  readonly spec: object;
}

/** So short that a rotation takes minutes, most of which are P and Ps. */
export const SHORT_TERMS: Terms = {
  tokenLifetimeSeconds: 30,
  cacheSeconds: 30,
  spec: {
    tokenTTL: '30s',
    verifierCacheTTL: '30s',
    algorithm: 'ES256',
    rotation: { interval: '24h' },
    // publicationDelay and signerRefreshDelay are left to their defaults.
    timing: { verifierLeeway: '10s', clockSkew: '5s' },
  },
};

/** Those of the README, where all else is left to its default. */
export const DEFAULT_TERMS: Terms = {
  tokenLifetimeSeconds: 15 * 60,
  cacheSeconds: 10 * 60,
  spec: { tokenTTL: '15m', verifierCacheTTL: '10m' },
};

/** Of the short terms P + C + S, and Ps + T + L + 3S, with room for a busy machine. */
export const PROVEN_TIMEOUT_MS = 300_000;
export const RETIRED_TIMEOUT_MS = 360_000;
/** P or Ps: what a kubelet may take to show a change. */
export const SWITCHED_TIMEOUT_MS = 180_000;

function pathOf(namespace: string, name: string): string {
  return `/apis/${API_GROUP_VERSION}/namespaces/${namespace}/${SET_PLURAL}/${name}`;
}

export async function createSet(
  namespace: string,
  name: string,
  spec: object = SHORT_TERMS.spec,
): Promise<void> {
  await apply({
    ...{ apiVersion: API_GROUP_VERSION, kind: SET_KIND },
    ...{ metadata: { name, namespace }, spec },
  });
}

/** Waits for a set whose status is as wanted, and returns it. */
export function untilSet(
  namespace: string,
  name: string,
  what: string,
  condition: (set: SigningKeySet) => boolean,
  timeoutMs: number,
): Promise<SigningKeySet> {
  return waitFor(
    async () => {
      const set = await read<SigningKeySet>(pathOf(namespace, name));
      return set?.status !== undefined && condition(set) && set;
    },
    { timeoutMs, intervalMs: 1_000, describe: `${name}: ${what}` },
  );
}

/** True when the next key may take over at any time. */
export function hasProvenStandby({ status }: SigningKeySet): boolean {
  return status.conditions.some(({ type, status: is }) => type === 'StandbyReady' && is === 'True');
}

/** The key that signs, by its number; 0 if there is none. */
export function activeOrdinal({ status }: SigningKeySet): number {
  return status.keys?.find(({ state }) => state === 'Active')?.ordinal ?? 0;
}

export function stateOf({ status }: SigningKeySet, ordinal: number): string | undefined {
  return status.keys?.find((key) => key.ordinal === ordinal)?.state;
}

export function kidOf({ status }: SigningKeySet, ordinal: number): string {
  const kid = status.keys?.find((key) => key.ordinal === ordinal)?.kid;
  if (kid === undefined) throw new Error(`there is no key ${ordinal}`);
  return kid;
}

/** Asks for a rotation by annotation, as a user does. */
export function requestRotation(namespace: string, name: string, id: string): Promise<void> {
  return edit(namespace, name, { metadata: { annotations: { [REQUEST.rotate]: id } } });
}

export function requestRollback(namespace: string, name: string, id: string): Promise<void> {
  return edit(namespace, name, { metadata: { annotations: { [REQUEST.rollback]: id } } });
}

export function revoke(namespace: string, name: string, kid: string): Promise<void> {
  return edit(namespace, name, { spec: { revocations: [{ kid, reason: 'KeyCompromise' }] } });
}

async function edit(namespace: string, name: string, body: object): Promise<void> {
  const { status, body: answer } = await request({
    method: 'PATCH',
    path: pathOf(namespace, name),
    contentType: 'application/merge-patch+json',
    body,
  });
  if (status === 200) return;
  throw new Error(`${name} could not be edited: ${status} ${JSON.stringify(answer)}`);
}
