/**
 * Every earlier version of every object of a set is restored, by itself and two in a row, while the operator
 * is up or down: those of this life, of an earlier set of the name, and of before the ledger was lost and
 * rebuilt. The oracle judges each run. Which ledger counts must not depend on any number that begins anew.
 */
import { describe, expect, test } from 'vitest';
import { parseScenarios } from './language/scenario.ts';
import { violationText } from './oracle/verdict/verdict.ts';
import type { Change } from './record/history.ts';
import { run } from './run/run.ts';
import { NO_FAULTS, SET_NAME } from './world/world.ts';

const ROTATED = '0s create deletionPolicy=Delete\nrest\n0s annotate rotate=1\nrest\n';

/** What happened before, so that there are versions to restore. */
const PASTS: Readonly<Record<string, string>> = {
  'of this life': ROTATED,
  'of an earlier set': `${ROTATED}0s annotate skipDeletionWait=UID
1s delete set
rest
0s create
rest
`,
  'of before a rebuild': `${ROTATED}0s down 1 2s
0s signer unledger
0s wipe
0s jwks unledger
rest
0s annotate rotate=2
rest
`,
};

const OBJECTS: Readonly<Record<string, readonly [resource: string, name: string]>> = {
  signer: ['secrets', `${SET_NAME}-signer`],
  jwks: ['configmaps', `${SET_NAME}-jwks`],
  'set-status': ['signingkeysets', SET_NAME],
};

/** `restore signer 3` and so on, for each version that a past leaves behind. */
function restoresIn(changes: readonly Change[]): readonly string[] {
  return Object.entries(OBJECTS).flatMap(([what, [resource, name]]) => {
    const versions = changes.filter(
      (change) => change.resource === resource && change.name === name && change.after !== null,
    );
    return versions.map((_, index) => `restore ${what} ${index + 1}`);
  });
}

async function violationsAfter(past: string, ending: string): Promise<readonly string[]> {
  const [scenario] = parseScenarios(
    'restored',
    `${past}${ending}rest\n0s annotate rotate=9\nrest\n`,
  );
  if (scenario === undefined) throw new Error('there is a scenario');
  // The last versions of the past come from a touch after its end, which this run does not have.
  const outcome = await run({ scenario, faults: NO_FAULTS, lenient: true });
  return outcome.violations.map((each) => violationText(each, outcome.startMs));
}

/** How many pairs of restores are tried of each past. */
const PAIRS = 24;

/** Spread evenly over all of them. */
function somePairs(restores: readonly string[]): readonly (readonly [string, string])[] {
  const pairs = restores.flatMap((first) => restores.map((second) => [first, second] as const));
  const stride = Math.floor(pairs.length / PAIRS);
  return pairs.filter((_, index) => index % stride === 0).slice(0, PAIRS);
}

/** While the operator is up and while it is down, by turns. */
function endingsOf(restores: readonly string[]): readonly string[] {
  const one = restores.map((restore, index) => {
    return index % 2 === 0 ? `0s ${restore}\n` : `0s down 1 1s\n0s ${restore}\n`;
  });
  const two = somePairs(restores).map(([first, second], index) => {
    const unseen = `0s down 1 1s\n0s ${first}\n0s ${second}\n`;
    return index % 2 === 0 ? unseen : `0s ${first}\n2s ${second}\n`;
  });
  return [...one, ...two];
}

describe.each(Object.entries(PASTS))('versions %s', (_, past) => {
  test('are restored one by one, and two in a row', { timeout: 600_000 }, async () => {
    const [scenario] = parseScenarios('past', past);
    if (scenario === undefined) throw new Error('there is a scenario');
    const { changes } = await run({ scenario, faults: NO_FAULTS, lenient: false });
    const restores = restoresIn(changes);
    expect(restores.length).toBeGreaterThan(20);
    const failures: string[] = [];
    for (const ending of endingsOf(restores)) {
      const found = await violationsAfter(past, ending);
      if (found.length > 0) failures.push([ending, ...found].join('\n'));
    }
    expect(failures.join('\n\n')).toBe('');
  });
});
