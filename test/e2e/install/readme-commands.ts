/** The commands that the README gives its readers, as the words that a shell would make of them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Words = readonly string[];

const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
/** What its readers are to write in its place, as the section before says. */
const REPOSITORY = 'registry.example.com/signing-key-operator';

/** The one command of a section that begins with these words, or consists of them. */
export function readmeCommand(section: string, ...beginning: Words): Words {
  const begins = (words: Words) => beginning.every((word, index) => words[index] === word);
  const found = commandsOf(section).filter(begins);
  const [only, ...others] = found;
  const whole = found.find((words) => words.length === beginning.length);
  if (whole !== undefined) return whole;
  if (only !== undefined && others.length === 0) return only;
  throw new Error(`README, "${section}" has not one command ${beginning.join(' ')}`);
}

/** What its blocks contain, line by line, without comments. */
function commandsOf(section: string): readonly Words[] {
  const sections = readFileSync(README, 'utf8').split(/^## /m);
  const text = sections.find((one) => one.startsWith(`${section}\n`)) ?? '';
  const blocks = [...text.matchAll(/^```\n([\s\S]*?)\n```$/gm)].map((match) => match[1] ?? '');
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n'));
  return lines.map((line) =>
    line
      .replace(/\s+#.*$/, '')
      .trim()
      .split(/\s+/),
  );
}

/** A command of the README with the reader's own repository in it. */
export function withRepository(words: Words, repository: string): Words {
  if (!words.some((word) => word.endsWith(REPOSITORY))) {
    throw new Error(`${words.join(' ')} does not name ${REPOSITORY}`);
  }
  return words.map((word) => word.replace(REPOSITORY, repository));
}
