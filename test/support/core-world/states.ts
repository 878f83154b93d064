/** Situations and crafted writes for the tests of invariants and guard. */

import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger, LedgerKey } from '../../../src/core/ledger/ledger.ts';
import { plan } from '../../../src/core/plan.ts';
import type { Observed, Step, Write } from '../../../src/core/reading/model.ts';
import { type Situation, situationOf } from '../../../src/core/reading/situation.ts';
import { basedOn, guardedStep, step } from '../../../src/core/stages/steps.ts';
import { FAST_SPEC } from './fixtures.ts';
import { type World, worldWith } from './world.ts';

/** 35 s after creation: #1 Retiring, #2 Active, #3 Pending with its gate still closed. */
export function rotatedWorld(spec = FAST_SPEC): World {
  const world = worldWith(spec);
  world.runFor(35_000);
  return world;
}

export function situation(world: World, observed: Observed = world.observe()): Situation {
  return situationOf(observed, observed.set.spec ?? FAST_SPEC, observed.reading.startedMs);
}

export function ledgerOf(world: World): Ledger {
  const { ledger } = world;
  if (ledger === null) throw new Error('there is no ledger');
  return ledger;
}

/** The write of a ledger over the one that is there, with the signing key untouched. */
export function signerWrite(
  world: World,
  ledger: Ledger,
  source: Extract<Write, { kind: 'WriteSigner' }>['source'] = { from: 'unchanged' },
): Extract<Write, { kind: 'WriteSigner' }> {
  const { signer } = world.api;
  return {
    kind: 'WriteSigner',
    name: 'payments-signer',
    expects: signer === null ? 'absent' : signer.meta,
    ledger,
    source,
    metadata: { labels: {}, annotations: { [ANNOTATION.ledger]: serializeLedger(ledger) } },
  };
}

export function jwksWrite(
  world: World,
  data: Readonly<Record<string, string>>,
): Extract<Write, { kind: 'WriteJwks' }> {
  const { jwks } = world.api;
  return {
    kind: 'WriteJwks',
    name: 'payments-jwks',
    expects: jwks === null ? 'absent' : jwks.meta,
    generation: ledgerOf(world).generation + 1,
    data,
    metadata: { labels: {}, annotations: {} },
  };
}

/** The ledger of the next generation with one key changed. */
export function withKey(ledger: Ledger, kid: string, changes: Partial<LedgerKey>): Ledger {
  const keys = ledger.keys.map((key) => (key.kid === kid ? { ...key, ...changes } : key));
  return { ...ledger, generation: ledger.generation + 1, keys };
}

/** A switch to a key, as if nobody had asked its gate. */
export function switched(ledger: Ledger, kid: string): Ledger {
  const keys = ledger.keys.map((key): LedgerKey => {
    if (key.kid === kid) return { ...key, state: 'Active', mayHaveSigned: true };
    return key.state === 'Active' ? { ...key, state: 'Retiring', supersededSeenMs: null } : key;
  });
  return { ...ledger, generation: ledger.generation + 1, keys };
}

export function sourceOf(
  world: World,
  ordinal: number,
): Extract<Write, { kind: 'WriteSigner' }>['source'] {
  const { content, meta } = world.hands.keySecret(ordinal);
  if (content.kind !== 'Key') throw new Error(`Secret #${ordinal} holds no key`);
  return { from: 'keySecret', kid: content.kid, name: meta.name, uid: meta.uid };
}

export function stepOf(world: World, write: Write, guarded = false): Step {
  const crafted: Step = guarded
    ? guardedStep(write, { code: 'NoteObservations', message: 'crafted' })
    : step(write, 'NoteObservations', 'crafted');
  return basedOn(crafted, world.observe());
}

/** The step that is planned now. */
export function plannedStep(world: World): Step {
  const seen = world.observe();
  const { step } = plan(seen, seen.reading.startedMs);
  if (step === null) throw new Error('no step is planned');
  return step;
}

/** A condition of the set's status as `Status Reason`, with its message; null if it has none. */
export function conditionOf(
  world: World,
  type: string,
): { readonly verdict: string; readonly message: string } | null {
  const found = world.api.set?.status?.conditions?.find((condition) => condition.type === type);
  if (found === undefined) return null;
  return { verdict: `${found.status} ${found.reason}`, message: found.message };
}

/** The codes of the steps that are taken until nothing is left to do, the status left out. */
export function stepsUntilRest(world: World): readonly string[] {
  const before = world.written.length;
  world.settle();
  return world.written
    .slice(before)
    .filter(({ step }) => step.write.kind !== 'WriteStatus')
    .map(({ step }) => step.reason.code);
}
