/**
 * The promise, judged from outside: from what truly was signed and served, never from what the
 * ledger says. Verifiers cache for up to C from caches that are up to H old, from servers that
 * show a ConfigMap up to P late; an issuer signs with an old key for up to Ps; each token of up
 * to T is accepted from its issue until it expires, with leeway L, by a clock that is S off.
 */
import type { Terms } from '../../../src/core/formats/spec.ts';
import type { Fact, World, Written } from './world.ts';

/** Everything that the operator's writes did wrong, in words. */
export function brokenPromises(world: World): readonly string[] {
  const applied = world.written.filter(({ outcome }) => outcome === 'Applied');
  return [
    ...applied.flatMap((written) => unknownKeySigned(world, written)),
    ...applied.flatMap((written) => liveTokensCutOff(world, written)),
    ...tooManySigners(world, applied),
    ...endedKidsBack(applied),
    ...ordinalsReused(applied),
    ...gatesEarlier(applied),
  ];
}

/** A key was switched to that some verifier can't know yet. */
function unknownKeySigned(world: World, written: Written): readonly string[] {
  const { atMs, signerKid } = written;
  const previousKid = world.facts[written.factsBefore - 1]?.signerKid;
  if (signerKid === null || signerKid === previousKid || !isChoice(world, written)) return [];
  // If a revocation calls the key, the user prefers rejected tokens to none.
  if (prefersRejectedTokens(world, atMs) && hasRevocation(world, atMs)) return [];
  const P = held(world, 'publicationDelayMs', atMs);
  const knownMs =
    P + held(world, 'sharedCacheTtlMs', atMs) + held(world, 'verifierCacheTtlMs', atMs);
  const leadMs = knownMs + skewLeft(world, atMs - knownMs, atMs, 1);
  const shown = factsSince(world, atMs - leadMs, written.factsBefore);
  const lacking = shown.find(({ servedKids }) => servedKids?.includes(signerKid) !== true);
  if (lacking === undefined) return [];
  const ago = atMs - lacking.atMs;
  return [
    `${signerKid} signs ${ago} ms after a JWKS without it, where verifiers need ${leadMs} ms`,
  ];
}

/**
 * Whether a write that changes the signer chose the key, whatever its reason says. One that puts back what
 * signed before is a repair, and the first of all keys waits for nothing.
 */
function isChoice({ facts, written }: World, one: Written): boolean {
  if (['Activate', 'RollBack', 'Revoke'].includes(one.step.reason.code)) return true;
  const { signerKid } = one;
  const earlier = written.slice(0, written.indexOf(one));
  const wasChosen = earlier.some((other) => other.signerKid === signerKid);
  const shown = facts.slice(0, one.factsBefore).flatMap((fact) => fact.servedKids ?? []);
  const isFirst = shown.every((kid) => kid === signerKid);
  return !wasChosen && !isFirst;
}

/**
 * What is left of a gate's S. A clock that is set takes all but what verifiers need; one that is merely
 * wrong takes nothing, since it takes the time and judges it alike.
 * @param count how often the gate has S more than verifiers need
 */
function skewLeft(world: World, sinceMs: number, atMs: number, count: number): number {
  const skewMs = count * held(world, 'clockSkewMs', atMs);
  const isSet = world.clockSetMs.some((setMs) => setMs >= sinceMs - skewMs && setMs <= atMs);
  return isSet ? 0 : skewMs;
}

/** At every instant one key signs, or the old one and the new one, for at most Ps. */
function tooManySigners(world: World, applied: readonly Written[]): readonly string[] {
  const choices = applied.filter((one, index) => {
    const before = applied[index - 1]?.signerKid ?? null;
    return one.signerKid !== null && one.signerKid !== before;
  });
  return choices.flatMap(({ atMs, signerKid }, index) => {
    const sinceMs = atMs - held(world, 'signerRefreshDelayMs', atMs);
    // Whoever was replaced since then may sign still.
    const replaced = choices
      .slice(0, index)
      .filter((_, other) => (choices[other + 1]?.atMs ?? atMs) > sinceMs)
      .map((one) => one.signerKid ?? '');
    const kids = [...new Set([...replaced, signerKid ?? ''])];
    const unrevoked = kids.filter((kid) => !isRevoked(world, kid, atMs));
    return unrevoked.length > 2 ? [`${unrevoked.join(', ')} sign at the same time`] : [];
  });
}

/** By a spec that was in force then; by either of two that were seen in the same instant. */
function prefersRejectedTokens({ specsSeen }: World, atMs: number): boolean {
  return specsSeen.some(({ spec, atMs: fromMs }, index) => {
    const untilMs = specsSeen[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const isInForce = fromMs <= atMs && atMs <= untilMs;
    return isInForce && spec.onRevokeWithoutStandby === 'SignImmediately';
  });
}

function hasRevocation({ specsSeen }: World, atMs: number): boolean {
  return specsSeen.some((seen) => seen.atMs <= atMs && seen.spec.revocations.length > 0);
}

function isRevoked({ specsSeen }: World, kid: string, atMs: number): boolean {
  return specsSeen.some(
    (seen) => seen.atMs <= atMs && seen.spec.revocations.some((entry) => entry.kid === kid),
  );
}

/** A key left the JWKS some of whose tokens a verifier must still accept. */
function liveTokensCutOff(world: World, written: Written): readonly string[] {
  const { step, atMs, servedBefore, servedKids, factsBefore } = written;
  if (step.write.kind !== 'WriteJwks' && step.write.kind !== 'DeleteJwks') return [];
  const gone = servedBefore.filter((kid) => servedKids?.includes(kid) !== true);
  const earlier = world.written.slice(0, world.written.indexOf(written));
  return gone.flatMap((kid) => {
    const hadEnded = earlier.some(({ ledger }) =>
      ledger?.tombstones.some((one) => one.kid === kid),
    );
    const stoppedMs = stoppedSigning(world, kid, factsBefore);
    if (hadEnded || stoppedMs === null || isRevoked(world, kid, atMs)) return [];
    const lifeMs =
      held(world, 'signerRefreshDelayMs', atMs) +
      largestBetween(world, 'tokenTtlMs', startedSigning(world, kid), atMs) +
      held(world, 'verifierLeewayMs', atMs) +
      held(world, 'clockSkewMs', atMs);
    const leftMs = stoppedMs + lifeMs + skewLeft(world, stoppedMs, atMs, 2) - atMs;
    return leftMs > 0 ? [`${kid} left the JWKS ${leftMs} ms before its last token expires`] : [];
  });
}

/** What the ConfigMap showed from an instant on: the facts after it and the one that held then. */
function factsSince(world: World, sinceMs: number, before: number): readonly Fact[] {
  const facts = world.facts.slice(0, before);
  const first = facts.findLastIndex(({ atMs }) => atMs <= sinceMs);
  return facts.slice(Math.max(first, 0));
}

/** When a key was last replaced in the signer; null if it never was in it. */
function stoppedSigning(world: World, kid: string, before: number): number | null {
  const facts = world.facts.slice(0, before);
  const last = facts.findLastIndex(({ signerKid }) => signerKid === kid);
  if (last === -1) return null;
  return facts[last + 1]?.atMs ?? Number.POSITIVE_INFINITY;
}

function startedSigning(world: World, kid: string): number {
  return world.facts.find(({ signerKid }) => signerKid === kid)?.atMs ?? 0;
}

/** The largest value of a term that counts: declared, or lowered less than P plus itself ago. */
function held(world: World, name: keyof Terms, atMs: number): number {
  const { specsSeen } = world;
  return specsSeen.reduce((largest, { spec, atMs: fromMs }, index) => {
    const value = spec.terms[name] ?? 0;
    const untilMs = specsSeen[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const isHeld = fromMs <= atMs && untilMs + spec.terms.publicationDelayMs + value > atMs;
    return isHeld ? Math.max(largest, value) : largest;
  }, 0);
}

function largestBetween(
  { specsSeen }: World,
  name: keyof Terms,
  sinceMs: number,
  untilMs: number,
): number {
  return specsSeen.reduce((largest, { spec, atMs }, index) => {
    const isOver = (specsSeen[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) < sinceMs;
    return isOver || atMs > untilMs ? largest : Math.max(largest, spec.terms[name] ?? 0);
  }, 0);
}

function endedKidsBack(applied: readonly Written[]): readonly string[] {
  const ended = new Set<string>();
  return applied.flatMap(({ step, ledger, servedKids, signerKid }) => {
    const { write } = step;
    const shown = write.kind === 'WriteJwks' ? (servedKids ?? []) : [];
    const signs =
      write.kind === 'WriteSigner' && write.source.from !== 'unchanged' ? [signerKid] : [];
    const back = [...shown, ...signs].filter((kid) => kid !== null && ended.has(kid));
    for (const { kid } of ledger?.tombstones ?? []) ended.add(kid);
    return back.map((kid) => `${kid} had ended and came back by ${step.reason.code}`);
  });
}

function ordinalsReused(applied: readonly Written[]): readonly string[] {
  let highest = 0;
  return applied.flatMap(({ step }) => {
    if (step.write.kind !== 'CreateKeySecret') return [];
    const { ordinal } = step.write;
    const isLower = ordinal <= highest;
    highest = Math.max(highest, ordinal);
    return isLower ? [`ordinal #${ordinal} was given again`] : [];
  });
}

/** Computed here again from the ledger's own times and largest terms: never earlier than before. */
function gatesEarlier(applied: readonly Written[]): readonly string[] {
  const latest = new Map<string, number>();
  return applied.flatMap(({ step }) => {
    if (step.write.kind !== 'WriteSigner') return [];
    return step.write.ledger.keys.flatMap((key) => {
      const { publicationDelayMs, sharedCacheTtlMs, verifierCacheTtlMs, clockSkewMs } = key.largest;
      const { signerRefreshDelayMs, tokenTtlMs, verifierLeewayMs } = key.largest;
      const leadMs = publicationDelayMs + sharedCacheTtlMs + verifierCacheTtlMs + clockSkewMs;
      const lifeMs = signerRefreshDelayMs + tokenTtlMs + verifierLeewayMs + 2 * clockSkewMs;
      const gates: readonly (readonly [string, number | null])[] = [
        ['activation', key.state === 'Pending' ? plus(key.publishedSeenMs, leadMs) : null],
        ['removal', key.state === 'Retiring' ? plus(key.supersededSeenMs, lifeMs) : null],
      ];
      return gates.flatMap(([name, opensMs]) => {
        if (opensMs === null) return [];
        const before = latest.get(`${name} ${key.kid}`) ?? 0;
        latest.set(`${name} ${key.kid}`, Math.max(before, opensMs));
        return opensMs < before ? [`the ${name} gate of ${key.kid} moved earlier`] : [];
      });
    });
  });
}

function plus(atMs: number | null, durationMs: number): number | null {
  return atMs === null ? null : atMs + durationMs;
}
