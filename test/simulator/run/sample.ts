/** Which of all plans are tried where not all can be: few, but well spread, and always the same. */

import { familyOfFault, objectOf, type PlannedFault, plannedFaults } from '../faults/plan.ts';
import { type Seed, seedOfPlan } from '../faults/seed.ts';
import type { Scenario } from '../language/scenario.ts';
import { seeded, shuffled } from '../world/seeded.ts';
import { straightRun } from './trial.ts';

/** All plans of one scenario, in an order without order. */
export async function plansOf(scenario: Scenario, order: string): Promise<readonly PlannedFault[]> {
  const { steps } = await straightRun(scenario);
  return shuffled(seeded(`${scenario.name} ${order}`), plannedFaults(steps));
}

/**
 * The given number of plans of the scenarios of one file: each kind of fault once, as far as the number
 * goes (another file leaves out others), then those whose object and fault have been seen least.
 */
export async function sampleOf(
  scenarios: readonly Scenario[],
  count: number,
): Promise<readonly Seed[]> {
  const all: { readonly scenario: string; readonly planned: PlannedFault }[] = [];
  for (const scenario of scenarios) {
    const plans = await plansOf(scenario, 'sample');
    for (const planned of plans) all.push({ scenario: scenario.name, planned });
  }
  const candidates = shuffled(seeded(scenarios[0]?.name ?? ''), all);
  const seen = new Counter();
  const taken = new Set<(typeof all)[number]>();
  const take = (one: (typeof all)[number]) => {
    taken.add(one);
    for (const aspect of aspectsOf(one.planned)) seen.add(aspect);
  };
  for (const one of candidates) {
    if (taken.size < count && seen.of(familyOfFault(one.planned)) === 0) take(one);
  }
  for (let most = 1; taken.size < count && taken.size < candidates.length; most += 1) {
    for (const one of candidates) {
      if (taken.size >= count) break;
      const [family, object] = aspectsOf(one.planned);
      if (!taken.has(one) && seen.of(family) <= most && seen.of(object) < most) take(one);
    }
  }
  return [...taken].map(({ scenario, planned }) => seedOfPlan(scenario, [planned]));
}

function aspectsOf(planned: PlannedFault): readonly [string, string] {
  return [familyOfFault(planned), objectOf(planned)];
}

class Counter {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }
}
