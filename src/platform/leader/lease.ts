/**
 * A Lease of coordination.k8s.io/v1 as raw JSON. Edits keep the fields that this program does not
 * know.
 */
import { isRecord } from '../../core/formats/is-record.ts';

export type LeaseObject = Readonly<Record<string, unknown>>;

export interface StoredLease {
  readonly lease: LeaseObject;
  readonly resourceVersion: string;
}

/** Where the lease is stored. Every failure other than a conflict is a rejection. */
export interface LeaseStore {
  /** Reads it from the API server, never from a cache. Null: there is none. */
  get(signal: AbortSignal): Promise<StoredLease | null>;
  /** `conflict`: it exists already (409 AlreadyExists). */
  create(lease: LeaseObject, signal: AbortSignal): Promise<StoredLease | 'conflict'>;
  /** Replaces exactly this version. `conflict`: it has changed or is gone (409, 404). */
  replace(
    lease: LeaseObject,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<StoredLease | 'conflict'>;
}

/** The API server keeps it as an int32, and refuses a larger one: nobody could take the lease any more. */
const TRANSITIONS_MAX = 2 ** 31 - 1;
/** Far more than any replica asks for. A longer one would keep the next leader waiting for ever. */
const DURATION_MAX_MS = 300_000;

/** The fields of `spec` that an election needs. */
export interface LeaseRecord {
  /** Empty: no process holds it. */
  readonly holder: string;
  /** At most 300,000; null if it is missing or not a positive number. */
  readonly durationMs: number | null;
  /** 0 if it is none that can be counted on from. */
  readonly transitions: number;
  readonly acquireTime: string | null;
  /** Changes whenever the holder or one of the times changes. Has no other meaning. */
  readonly fingerprint: string;
}

export function readLease(lease: LeaseObject): LeaseRecord {
  const spec = specOf(lease);
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  const seconds = typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds : 0;
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: seconds > 0 ? Math.min(seconds * 1000, DURATION_MAX_MS) : null,
    transitions: isCountable(leaseTransitions) ? leaseTransitions : 0,
    acquireTime: typeof acquireTime === 'string' ? acquireTime : null,
    fingerprint: JSON.stringify([
      holderIdentity,
      leaseDurationSeconds,
      acquireTime,
      renewTime,
      leaseTransitions,
    ]),
  };
}

function isCountable(transitions: unknown): transitions is number {
  return (
    Number.isSafeInteger(transitions) &&
    (transitions as number) >= 0 &&
    (transitions as number) < TRANSITIONS_MAX
  );
}

export interface LeaseEdit {
  /** Empty: the lease is released. */
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  readonly acquireTime: string;
  readonly renewTime: string;
}

export function newLease(namespace: string, name: string, edit: LeaseEdit): LeaseObject {
  const bare = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name },
  };
  return editLease(bare, edit);
}

export function editLease(lease: LeaseObject, edit: LeaseEdit): LeaseObject {
  const spec = {
    ...specOf(lease),
    holderIdentity: edit.holder,
    leaseDurationSeconds: Math.ceil(edit.durationMs / 1000),
    acquireTime: edit.acquireTime,
    renewTime: edit.renewTime,
    leaseTransitions: edit.transitions,
  };
  return { ...lease, spec };
}

function specOf(lease: LeaseObject): Readonly<Record<string, unknown>> {
  const spec = lease['spec'];
  return isRecord(spec) ? spec : {};
}
