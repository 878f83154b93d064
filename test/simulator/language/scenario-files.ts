/** The scenarios of `scenarios/`, and the golden timelines next to them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseScenarios, type Scenario } from './scenario.ts';

const FOLDER = new URL('../scenarios/', import.meta.url);
const GOLDEN = '.expected.txt';

/** The files' names; one with `each` holds several scenarios. */
export function scenarioFileNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt') && !name.endsWith(GOLDEN))
    .map((name) => name.slice(0, -'.txt'.length))
    .sort();
}

export function scenariosOf(fileName: string): readonly Scenario[] {
  return parseScenarios(fileName, readFileSync(new URL(`${fileName}.txt`, FOLDER), 'utf8'));
}

export function allScenarios(): readonly Scenario[] {
  return scenarioFileNames().flatMap(scenariosOf);
}

/** @throws if no file holds a scenario of that name. */
export function scenarioNamed(name: string): Scenario {
  const known = byName.get(name);
  if (known !== undefined) return known;
  for (const scenario of allScenarios()) byName.set(scenario.name, scenario);
  const found = byName.get(name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}

const byName = new Map<string, Scenario>();

export function readGolden(fileName: string): string {
  return readFileSync(new URL(`${fileName}${GOLDEN}`, FOLDER), 'utf8');
}

export function writeGolden(fileName: string, text: string): void {
  writeFileSync(new URL(`${fileName}${GOLDEN}`, FOLDER), text);
}
