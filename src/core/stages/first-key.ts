/**
 * The first key: nobody can hold a token or a JWKS of the set yet, so it signs without a wait. The
 * objects have fixed names and are created by POST, of which exactly one succeeds. A Secret of an earlier
 * set of this name holds a key that has ended: its ordinal is passed over, and it is destroyed later.
 */
import { jwksData, sameData } from '../ledger/jwks-document.ts';
import { activate, addPending, nextGeneration, withRevoked } from '../ledger/lifecycle.ts';
import type { KeyContent, ObservedKeySecret, Step } from '../reading/model.ts';
import { noteOf, showsKey } from '../reading/shown.ts';
import { blankLedger, firstKeySecret, isRevoked, type Situation } from '../reading/situation.ts';
import { ordinalFor } from './rotation.ts';
import {
  createKeySecret,
  fromKeySecret,
  guardedStep,
  step,
  writeJwks,
  writeSigner,
} from './steps.ts';

/** @returns the next step; null if it must wait for the clocks to agree. */
export function firstKeyStep(situation: Situation): Step | null {
  const secret = firstKeySecret(situation);
  if (secret === null) {
    return createKeySecret(situation, ordinalFor(situation, blankLedger(situation)), null);
  }
  if (secret.content.kind !== 'Key') return null;
  if (isRevoked(situation, secret.content.kid))
    return closeFirst(situation, secret, secret.content);
  const pending = ledgerOf(situation, secret, secret.content);
  const { jwks } = situation;
  if (jwks === null || !sameData(jwks.data, jwksData(pending))) {
    const message = `The first key, ${secret.content.kid}, is published`;
    return step(writeJwks(situation, pending), 'PublishFirstKey', message);
  }
  if (situation.clockInDoubt) return null;
  return activateFirst(situation, secret.content.kid, pending);
}

/** If someone keeps undoing its publication, and the JWKS shows the key all the same, it signs. */
export function firstKeyInFight(situation: Situation): Step | null {
  const secret = firstKeySecret(situation);
  if (secret?.content.kind !== 'Key' || situation.clockInDoubt) return null;
  const { content } = secret;
  if (isRevoked(situation, content.kid)) return null;
  return activateFirst(situation, content.kid, ledgerOf(situation, secret, content));
}

/** Revoked before it ever signed: it enters the ledger as revoked, and no key signs. */
function closeFirst(
  situation: Situation,
  secret: ObservedKeySecret,
  content: Extract<KeyContent, { kind: 'Key' }>,
): Step {
  const { jwks } = situation;
  const pending = ledgerOf(situation, secret, content);
  const revoked = withRevoked(pending, nextGeneration(pending), (kid) => isRevoked(situation, kid));
  const ledger = { ...revoked, closed: true, jwks: jwks === null ? null : noteOf(jwks) };
  const message = `The first key, ${content.kid}, is revoked. No key signs until verifiers know the next one.`;
  return guardedStep(
    writeSigner(situation, ledger, { from: 'nothing' }),
    { code: 'RevokeFirstKey', message },
    [{ type: 'Warning', reason: 'NoSigningKey', message }],
  );
}

/** A ledger with only this key, pending: the JWKS is computed from it until there is a real one. */
function ledgerOf(
  situation: Situation,
  { ordinal }: ObservedKeySecret,
  content: Extract<KeyContent, { kind: 'Key' }>,
) {
  const { kid, publicJwk, keyKind, kidIsThumbprint } = content;
  const origin = { ordinal, kid, publicJwk, keyKind, imported: !kidIsThumbprint };
  return addPending(blankLedger(situation), origin, situation.nowMs);
}

function activateFirst(
  situation: Situation,
  kid: string,
  pending: ReturnType<typeof ledgerOf>,
): Step | null {
  const { jwks, seenMs, nowMs } = situation;
  const [key] = pending.keys;
  if (jwks === null || key === undefined || !showsKey(jwks, key)) return null;
  const published = { ...pending, keys: [{ ...key, publishedSeenMs: seenMs }], jwks: noteOf(jwks) };
  const source = fromKeySecret(situation, key);
  if (source === null) return null;
  const ledger = activate(published, kid, null, nowMs);
  const message = `The first key, ${kid}, is in the JWKS and signs from now on`;
  return guardedStep(writeSigner(situation, ledger, source), { code: 'ActivateFirstKey', message });
}
