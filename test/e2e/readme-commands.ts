/** The commands that the README gives its readers, as the words that a shell would make of them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Words = readonly string[];

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
/** What its readers are to write in its place, as the section before says. */
const REPOSITORY = 'registry.example.com/signing-key-operator';

/** The commands of the first block of a section, without comments. */
export function readmeCommands(section: string): readonly Words[] {
  const text = readFileSync(README, 'utf8');
  const start = text.indexOf(`\n## ${section}\n`);
  const block = /\n```\n([\s\S]*?)\n```/.exec(text.slice(start))?.[1];
  if (start < 0 || block === undefined) throw new Error(`README has no commands in "${section}"`);
  const lines = block.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.map((line) =>
    line
      .replace(/\s+#.*$/, '')
      .trim()
      .split(/\s+/),
  );
}

/** The one command of the section `In a cluster` that begins with these words. */
export function inAClusterCommand(...beginning: Words): Words {
  const begins = (words: Words) => beginning.every((word, index) => words[index] === word);
  const [only, ...others] = readmeCommands('In a cluster').filter(begins);
  if (only !== undefined && others.length === 0) return only;
  throw new Error(`"In a cluster" in the README has not one command ${beginning.join(' ')}`);
}

/** A command of the README with the reader's own repository in it. */
export function withRepository(words: Words, repository: string): Words {
  if (!words.some((word) => word.endsWith(REPOSITORY))) {
    throw new Error(`${words.join(' ')} does not name ${REPOSITORY}`);
  }
  return words.map((word) => word.replace(REPOSITORY, repository));
}
