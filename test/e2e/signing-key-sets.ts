/** The sets of the tests: T and C of 30 s, and the P and Ps that real kubelets need. */
import type { SigningKeySet } from '../../src/api/signing-key-set.generated.ts';
import { API_GROUP_VERSION, REQUEST, SET_KIND, SET_PLURAL } from '../../src/core/names.ts';
import { waitFor } from '../support/wait-for.ts';
import { apply, read, request } from './cluster.ts';
import { TOKEN_LIFETIME_SECONDS } from './pods/reports.ts';

export const CACHE_SECONDS = 30;

const SPEC = {
  tokenTTL: `${TOKEN_LIFETIME_SECONDS}s`,
  verifierCacheTTL: `${CACHE_SECONDS}s`,
  algorithm: 'ES256',
  rotation: { interval: '24h' },
  // publicationDelay and signerRefreshDelay are left to their defaults.
  timing: { verifierLeeway: '10s', clockSkew: '5s' },
} as const;

/** P + C + S, and Ps + T + L + 2S, with room for a busy machine. */
export const PROVEN_TIMEOUT_MS = 300_000;
export const RETIRED_TIMEOUT_MS = 360_000;
/** P or Ps: what a kubelet may take to show a change. */
export const SWITCHED_TIMEOUT_MS = 180_000;

function pathOf(namespace: string, name: string): string {
  return `/apis/${API_GROUP_VERSION}/namespaces/${namespace}/${SET_PLURAL}/${name}`;
}

/** @param more of the spec, beside what all sets of the tests have */
export async function createSet(namespace: string, name: string, more: object = {}): Promise<void> {
  const head = { apiVersion: API_GROUP_VERSION, kind: SET_KIND };
  await apply({ ...head, metadata: { name, namespace }, spec: { ...SPEC, ...more } });
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

/** The key that signs, by its number; 0 where there is none. */
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
