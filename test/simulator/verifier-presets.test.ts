/**
 * The operator's preset of each verifier, against that verifier as the oracle knows it: a rotation
 * at the earliest moment, and a revocation, with no other verifier that would make the wait longer.
 */
import { expect, test } from 'vitest';
import { VERIFIER_PRESETS } from '../../src/core/formats/presets.ts';
import { parseScenarios, type Scenario } from './language/scenario.ts';
import { type Behaviour, mayRefuseMs, PRESETS } from './oracle/facts/presets.ts';
import { violationText } from './oracle/verdict/verdict.ts';
import { servedKids, signerKid } from './record/views.ts';
import { type Outcome, run } from './run/run.ts';
import { NO_FAULTS } from './world/world.ts';

/** P and S of the simulator's sets, and a `Date` of whole seconds. */
const DELIVERY_MS = 2000;
const SKEW_MS = 1000;
const TOLERANCE_MS = 2000;
const MINUTE_MS = 60_000;

/** Until the verifier uses each key and has forgotten the revoked one, if it ever does. */
function scenarioOf(preset: string, behaviour: Behaviour): Scenario {
  const { trustsMs } = behaviour;
  const forgetsMs = Number.isFinite(trustsMs) ? trustsMs : 0;
  const text = `
    horizon ${minutes(mayRefuseMs(behaviour))}
    0s create standby=false C= verifiers=only:${preset}
    rest
    0s annotate rotate=1
    rest
    0s revoke 2
    ${minutes(forgetsMs)} end`;
  const [scenario] = parseScenarios(`preset ${preset}`, text);
  if (scenario === undefined) throw new Error('the text is no scenario');
  return scenario;
}

/** And one more. */
function minutes(ms: number): string {
  return `${Math.ceil(ms / MINUTE_MS) + 1}m`;
}

/** From when the second key is in the JWKS until it signs. */
function leadMs({ trace }: Outcome): number {
  const changes = trace.entries.flatMap((entry) => (entry.kind === 'change' ? [entry.change] : []));
  const published = changes.find(
    ({ resource, after }) =>
      resource === 'configmaps' && after !== null && servedKids(after)?.length === 2,
  );
  const kid = servedKids(published?.after ?? {})?.at(-1);
  const switched = changes.find(
    ({ resource, after }) => resource === 'secrets' && after !== null && signerKid(after) === kid,
  );
  if (published === undefined || switched === undefined) throw new Error('nothing was rotated');
  return switched.atMs - published.atMs;
}

test('the operator and the oracle know the same presets', () => {
  expect(Object.keys(PRESETS).sort()).toEqual(Object.keys(VERIFIER_PRESETS).sort());
});

test.each(Object.entries<Behaviour>(PRESETS))('%s', async (preset, behaviour) => {
  const outcome = await run({
    scenario: scenarioOf(preset, behaviour),
    faults: NO_FAULTS,
    lenient: false,
  });
  expect(outcome.violations.map((each) => violationText(each, outcome.startMs))).toEqual([]);
  expect(outcome.rotations).toBe(2);
  const neededMs = DELIVERY_MS + mayRefuseMs(behaviour) + SKEW_MS;
  expect(leadMs(outcome)).toBeGreaterThanOrEqual(neededMs);
  expect(leadMs(outcome)).toBeLessThan(neededMs + TOLERANCE_MS);
});
