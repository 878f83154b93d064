/**
 * How urgent the next pass over a set is. Urgent is what somebody else has just changed in a set that
 * signs (its spec may revoke a key, its signer or its JWKS may be wrong), a revocation or repair that is under
 * way, and a rotation that is due. A set stays urgent until it is at rest.
 */
import type { StepReason } from '../../core/formats/codes.ts';
import type { Plan } from '../../core/reading/model.ts';
import { BoundedMemory } from '../../platform/bounded-memory.ts';
import type { Lane } from '../../platform/waiting-keys.ts';

/** Steps that tokens, or a revocation, wait for. */
const URGENT: ReadonlySet<StepReason> = new Set([
  'Activate',
  'RollBack',
  'Revoke',
  'RevokeFirstKey',
  'RecoverLedger',
  'JwksRestored',
  'SignerRepaired',
  'SigningKeyLost',
]);

/** More than a set has objects. */
const CHANGES_MAX = 64;
/** More of the operator's own writes than a watch lags behind. */
const WRITTEN_MAX = 64;

interface Version {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Of one set. */
export class Urgency {
  #lane: Lane = 'new';
  /** A key of the set has signed: tokens depend on its objects. */
  #signs = false;
  /** Versions that watches have shown and no pass has read, by UID. */
  readonly #changes = new Map<string, string>();
  readonly #written = new BoundedMemory<true>(WRITTEN_MAX);

  lane(): Lane {
    return this.#signs && this.#changes.size > 0 ? 'urgent' : this.#lane;
  }

  /** A watch shows a version of the set, its signer or its JWKS that is not known. */
  changed({ uid, resourceVersion }: Version): void {
    if (this.#written.get(`${uid}/${resourceVersion}`) === true) return;
    if (this.#changes.size < CHANGES_MAX) this.#changes.set(uid, resourceVersion);
  }

  /** What a watch has shown, or will show, is the operator's own write. */
  wrote({ uid, resourceVersion }: Version): void {
    this.#written.set(`${uid}/${resourceVersion}`, true);
    if (this.#changes.get(uid) === resourceVersion) this.#changes.delete(uid);
  }

  /** A pass begins: it reads whatever was changed so far. */
  looks(): void {
    this.#lane = this.lane();
    this.#changes.clear();
  }

  /** @param signs whether the set has a ledger, and so a key that has signed */
  planned({ step }: Pick<Plan, 'step'>, signs: boolean): void {
    this.#signs = signs;
    if (step !== null && URGENT.has(step.reason.code)) this.#lane = 'urgent';
    else if (this.#lane === 'new') this.#lane = 'begun';
  }

  /** Nothing is left to do until `nextAtMs`, on this machine's clock; null: until something changes. */
  rests({ upcoming, nextAtMs }: Pick<Plan, 'upcoming' | 'nextAtMs'>): void {
    const isSwitchNext = upcoming.some(
      ({ action, when }) =>
        action === 'Activate' && when.kind === 'At' && nextAtMs !== null && when.atMs <= nextAtMs,
    );
    this.#lane = isSwitchNext ? 'urgent' : 'begun';
  }
}
