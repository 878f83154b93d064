import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../boundaries/source-tree.ts';
import { RULES, type Rule, withRule } from './oracle/verdict/rules.ts';
import { violationText } from './oracle/verdict/verdict.ts';
import { failureText } from './run/report.ts';
import { trySeed } from './run/trial.ts';

const ROOT = new URL('../../', import.meta.url);

/** What a document says under a heading, up to the next one of any level; null if it has none. */
function sectionOf(text: string, title: string): string | null {
  const parts = text.split(/^#{1,6} +/m);
  const found = parts.find((part) => part.startsWith(`${title}\n`));
  return found === undefined ? null : found.replace(/\s+/g, ' ');
}

/** What is wrong with a row: its section, the words in it, or its file. */
function problemOf({ document, section, at = [], file }: Rule): string | null {
  const text = sectionOf(readFileSync(new URL(document, ROOT), 'utf8'), section);
  if (text === null) return `${document} has no section ${section}`;
  const missing = at.find((words) => !text.includes(words));
  if (missing !== undefined) return `${document}, ${section}, does not say: ${missing}`;
  return existsSync(new URL(file, ROOT)) ? null : `${file} is not there`;
}

describe('each row leads to a rule and to the file that keeps it', () => {
  test.each(Object.entries<Rule>(RULES))('%s', (_, rule) => {
    expect(problemOf(rule)).toBeNull();
  });

  const known = RULES.P2;
  test.each<[string, Rule, string]>([
    ['section', { ...known, section: 'Nowhere' }, 'docs/rotation.md has no section Nowhere'],
    [
      'sentence',
      { ...known, at: ['in the stars'] },
      'docs/rotation.md, Revocation, does not say: in the stars',
    ],
    ['file', { ...known, file: 'src/core/gone.ts' }, 'src/core/gone.ts is not there'],
  ])('a %s that is gone would be noticed', (_, rule, problem) => {
    expect(problemOf(rule)).toBe(problem);
  });
});

// The compiler insists on it as well: this says it in the place where someone looks for it.
test('whatever the simulator reports as broken has a row', () => {
  const texts = sourceFiles().filter(({ path }) => {
    return path.startsWith('test/simulator/') && !path.endsWith('.test.ts');
  });
  const names = texts.flatMap(({ text }) => {
    const found = [...text.matchAll(/promise: '([^']+)'|#violate\('([^']+)'/g)];
    return found.map(([, literal, argument]) => literal ?? argument ?? '');
  });
  expect(new Set(names).size).toBeGreaterThan(15);
  expect(names.filter((name) => !Object.hasOwn(RULES, name))).toEqual([]);
});

test('a failure says what is broken, which page promises it, and which code must keep it', async () => {
  expect(withRule('I3')).toBe(
    'I3 (docs/rotation.md, Invariants: I3; src/core/guard/invariants.ts)',
  );
  const violation = { promise: 'P1', atMs: 3500, message: 'a token is rejected' } as const;
  const text =
    '2.500s P1 (docs/rotation.md, Gates: activationGate or removalGate; src/core/ledger/gates.ts): ' +
    'a token is rejected';
  expect(violationText(violation, 1000)).toBe(text);
  const planned = {
    scenario: 'first-key',
    number: null,
    planned: [],
    commands: null,
    faults: null,
  };
  const trial = await trySeed(planned);
  const { startMs } = trial.outcome;
  const failed = { ...trial, violations: [{ ...violation, atMs: startMs + 2500 }] };
  expect(failureText(failed)).toBe(`make replay SEED='first-key'\n  ${text}`);
});
