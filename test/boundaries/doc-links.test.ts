import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Markdown, readMarkdown } from './markdown.ts';
import { projectFiles, ROOT, readProjectFile } from './source-tree.ts';

/** Documents by their path from the root. */
type Documents = ReadonlyMap<string, Markdown>;

function documents(): Documents {
  return new Map(
    projectFiles(/\.md$/).flatMap((path): [string, Markdown][] => {
      const text = readProjectFile(path);
      return text === null ? [] : [[path, readMarkdown(text)]];
    }),
  );
}

function brokenLinks(all: Documents): readonly string[] {
  return [...all].flatMap(([path, { links }]) =>
    links
      .filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link))
      .filter((link) => !resolves(all, path, link))
      .map((link) => `${path}: ${link}`),
  );
}

function resolves(all: Documents, from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (target.startsWith('..')) return false;
  if (target !== from && !existsSync(join(ROOT, target))) return false;
  return anchor === undefined || all.get(target)?.anchors.has(anchor) === true;
}

/** What the documents tell a reader to run, as `document: name`. */
function namedBy(all: Documents, pattern: RegExp): readonly { path: string; name: string }[] {
  return [...all].flatMap(([path, { code }]) =>
    code.flatMap((text) =>
      [...text.matchAll(pattern)].map((match) => ({ path, name: match[1] ?? '' })),
    ),
  );
}

const MAKE = /(?:^|[\s;&(])make ([a-z][a-z0-9-]*)/gm;
const NPM_RUN = /\bnpm run (?:--silent )?([a-z][a-z0-9:-]*)/g;

function targetsOfMakefile(): readonly string[] {
  const text = readProjectFile('Makefile') ?? '';
  return [...text.matchAll(/^([a-z][a-z0-9-]*):/gm)].map((match) => match[1] ?? '');
}

function scriptsOfPackage(): readonly string[] {
  const { scripts } = JSON.parse(readProjectFile('package.json') ?? '{}') as { scripts?: object };
  return Object.keys(scripts ?? {});
}

function unknown(all: Documents, pattern: RegExp, known: readonly string[]): readonly string[] {
  return namedBy(all, pattern)
    .filter(({ name }) => !known.includes(name))
    .map(({ path, name }) => `${path}: ${name}`);
}

describe('documents', () => {
  const all = documents();

  test('the main ones are there, and found', () => {
    expect([...all.keys()]).toEqual(
      expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/rotation.md']),
    );
  });

  test('every relative link leads somewhere, anchors included', () => {
    expect(brokenLinks(all)).toEqual([]);
  });

  test('every make target that they name is in the Makefile', () => {
    expect(namedBy(all, MAKE).length).toBeGreaterThan(0);
    expect(unknown(all, MAKE, targetsOfMakefile())).toEqual([]);
  });

  test('every npm script that they name is in package.json', () => {
    expect(namedBy(all, NPM_RUN).length).toBeGreaterThan(0);
    expect(unknown(all, NPM_RUN, scriptsOfPackage())).toEqual([]);
  });

  test.each([
    ['[a](gone.md)', ['x.md: gone.md']],
    ['[a](#nowhere)', ['x.md: #nowhere']],
    ['[a](README.md#nowhere)', ['x.md: README.md#nowhere']],
    ['[a](../outside.md)', ['x.md: ../outside.md']],
    ['# A title: two\n[a](#a-title-two) [b](README.md) [c](https://example.com/x)', []],
    ['`[a](in-code.md)`\n```\n[b](in-a-block.md)\n```\n', []],
  ])('a broken link would be noticed: %j', (text, broken) => {
    const odd = new Map([...all, ['x.md', readMarkdown(text)]]);
    expect(brokenLinks(odd)).toEqual(expect.arrayContaining(broken));
    expect(brokenLinks(odd)).toHaveLength(brokenLinks(all).length + broken.length);
  });

  test('a command that is not there would be noticed', () => {
    const odd = new Map([['x.md', readMarkdown('`make tea`, or ```npm run --silent tea```')]]);
    expect(unknown(odd, MAKE, targetsOfMakefile())).toEqual(['x.md: tea']);
    expect(unknown(odd, NPM_RUN, scriptsOfPackage())).toEqual(['x.md: tea']);
  });
});
