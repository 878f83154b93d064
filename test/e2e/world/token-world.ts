/** A set, and pods around it that sign and verify, in a namespace of its own: how most tests begin. */
import type { SigningKeySet } from '../../../src/api/signing-key-set.generated.ts';
import { createNamespace } from '../cluster/namespaces.ts';
import {
  activeOrdinal,
  createSet,
  hasProvenStandby,
  PROVEN_TIMEOUT_MS,
  SHORT_TERMS,
  type Terms,
  untilSet,
} from './signing-key-sets.ts';
import { type IssuerKind, startTokenPods, type TokenPods } from './token-pods.ts';

export interface TokenWorld {
  readonly namespace: string;
  readonly set: string;
  readonly pods: TokenPods;
  /** Waits until the set is as wanted, and returns it. */
  until(
    what: string,
    is: (set: SigningKeySet) => boolean,
    timeoutMs: number,
  ): Promise<SigningKeySet>;
  /** Waits until the next key may take over at any time. */
  provenStandby(timeoutMs?: number): Promise<SigningKeySet>;
  /** Waits until the set says that a key signs. */
  signs(ordinal: number, timeoutMs: number): Promise<SigningKeySet>;
}

export interface TokenWorldSetup {
  readonly terms?: Terms;
  /** Of the spec, apart from the terms. */
  readonly spec?: object;
  readonly issuer?: IssuerKind;
}

/** @param set its name, which the namespace's begins with as well */
export async function startTokenWorld(
  set: string,
  { terms = SHORT_TERMS, spec = {}, issuer = 'issuer' }: TokenWorldSetup = {},
): Promise<TokenWorld> {
  const namespace = await createNamespace(set);
  await createSet(namespace, set, { ...terms.spec, ...spec });
  const pods = await startTokenPods(namespace, set, terms, issuer);
  await pods.ready();
  const until: TokenWorld['until'] = (what, is, timeoutMs) =>
    untilSet(namespace, set, what, is, timeoutMs);
  return {
    namespace,
    set,
    pods,
    until,
    provenStandby: (timeoutMs = PROVEN_TIMEOUT_MS) =>
      until('a proven standby', hasProvenStandby, timeoutMs),
    signs: (ordinal, timeoutMs) =>
      until(`key ${ordinal} signs`, (each) => activeOrdinal(each) === ordinal, timeoutMs),
  };
}
