/**
 * The one case of two writes by one reading: a set's first key is published by the reading that found
 * nothing at all. Both writes are POSTs, so nothing that appeared meanwhile can be overwritten; no token exists that
 * they could break; and the key signs only by two readings that show it in the JWKS.
 */
import { SECRET_TYPE } from '../../core/formats/names.ts';
import { plan } from '../../core/plan.ts';
import type { Step } from '../../core/reading/model.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import type { SetSnapshot } from '../reading/observe.ts';
import { metaOf } from '../reading/observed-objects.ts';
import { keyContentOf } from '../reading/secret-content.ts';
import type { WriteOf } from './execution.ts';

export interface FirstPublication {
  readonly step: Step;
  /** The reading, with the Secret that the API server has just created. */
  readonly snapshot: SetSnapshot;
}

/**
 * @param created as the API server answered the POST of the key's Secret
 * @returns null if there was more than nothing, or if something else comes next
 */
export function firstPublication(
  memory: SetMemory,
  read: SetSnapshot,
  { ordinal }: WriteOf<'CreateKeySecret'>,
  created: KubeObject,
): FirstPublication | null {
  const { observed } = read;
  const { signer, jwks, ledgers } = observed;
  const hasLedger = ledgers.signer !== null || ledgers.status !== null || ledgers.jwks !== null;
  if (signer !== null || jwks !== null || hasLedger) return null;
  const held = {
    typeFits: created['type'] === SECRET_TYPE.key,
    content: keyContentOf(memory.verdicts, created, null),
  };
  memory.keyContents.remember(created.metadata, null, created['immutable'] === true, held);
  const secret = { meta: metaOf(created), ordinal, ...held };
  const keySecrets = [...observed.keySecrets, secret].sort((a, b) => a.ordinal - b.ordinal);
  const snapshot = { ...read, observed: { ...observed, keySecrets } };
  const { step } = plan(snapshot.observed, observed.reading.startedMs);
  const isPublication =
    step?.reason.code === 'PublishFirstKey' &&
    step.write.kind === 'WriteJwks' &&
    step.write.expects === 'absent';
  return isPublication ? { step, snapshot } : null;
}
