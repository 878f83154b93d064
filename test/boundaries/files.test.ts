import { describe, expect, test } from 'vitest';
import { projectFiles, readProjectFile, type SourceFile, sourceFiles } from './source-tree.ts';

const LINES_MAX = 400;
const KEBAB =
  /^(?:[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(?:(?:(?:properties|io)\.)?test|generated|config))?\.ts$/;

/** Where programs begin: everything else must be reached from one of them. */
function entries(files: readonly SourceFile[]): readonly string[] {
  const scripts = readProjectFile('package.json') ?? '';
  const config = readProjectFile('vitest.config.ts') ?? '';
  const named = files.filter(({ path }) => scripts.includes(path) || config.includes(path));
  const tests = files.filter(({ path }) => /\.(?:test|config)\.ts$/.test(path));
  return [...named, ...tests].map(({ path }) => path);
}

/** A file that is named as a text is started as a process of its own. */
function startedBy(file: SourceFile, files: readonly SourceFile[]): readonly string[] {
  const names = [...file.text.matchAll(/'([\w./-]+\.ts)'/g)].map((match) => match[1] ?? '');
  return files
    .filter(({ path }) => names.some((name) => path.endsWith(`/${name}`)))
    .map(({ path }) => path);
}

const EXPORTS_FUNCTION =
  /^export (?:async )?function|^export const \w+ = (?:async )?\(|^export class/m;
/** Courses of whole sets that two harms or more have hit: they are the core's, and no file's alone. */
const COURSES = 'test/core/courses/';

function testOf(path: string): string {
  return path.replace('src/', 'test/').replace(/\.ts$/, '.test.ts');
}

/** Files of the core with functions and without a test of their name, and tests without a file. */
function unmirrored(files: readonly SourceFile[]): readonly string[] {
  const paths = new Set(files.map(({ path }) => path));
  const sources = files.filter(({ path }) => path.startsWith('src/core/'));
  const tests = files.filter(({ path }) => /^test\/core\/.*\.test\.ts$/.test(path));
  const sourcesWithout = sources.filter(
    ({ path, text }) => EXPORTS_FUNCTION.test(text) && !paths.has(testOf(path)),
  );
  const mirrors = new Set(sources.map(({ path }) => testOf(path)));
  const testsWithout = tests.filter(({ path }) => !path.startsWith(COURSES) && !mirrors.has(path));
  return [...sourcesWithout, ...testsWithout].map(({ path }) => path);
}

function unreached(files: readonly SourceFile[], from: readonly string[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const open = [...from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    open.push(...file.imports, ...startedBy(file, files));
  }
  return files.map(({ path }) => path).filter((path) => !reached.has(path));
}

describe('files', () => {
  const files = sourceFiles();

  test(`none is longer than ${LINES_MAX} lines`, () => {
    const long = files.filter(({ path, text }) => {
      return !path.endsWith('.generated.ts') && text.split('\n').length - 1 > LINES_MAX;
    });
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('names are in kebab-case', () => {
    const odd = files.filter(({ path }) => !KEBAB.test(path.split('/').at(-1) ?? ''));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  test('none is dead', () => {
    expect(unreached(files, entries(files))).toEqual([]);
  });

  test('none of the programs lives for tests alone', () => {
    const programs = files.filter(({ path }) => path.startsWith('src/'));
    expect(unreached(programs, entries(programs))).toEqual([]);
  });

  test('each of the core’s with a function has a test of its name, and each test a file', () => {
    expect(unmirrored(files)).toEqual([]);
  });

  test.each([
    ['src/core/ledger/new.ts', 'export function judge() {}', true],
    ['src/core/ledger/new.ts', 'export const judge = (x: number) => x;', true],
    ['src/core/ledger/new.ts', 'export interface Judge {}\nfunction inner() {}', false],
    ['src/core/ledger/new.ts', "export const WORDS = ['a'];", false],
    ['test/core/ledger/gone.test.ts', '', true],
    ['test/core/courses/two-harms.test.ts', '', false],
    ['src/platform/new.ts', 'export function judge() {}', false],
  ])('%s with the text %s: it would be noticed: %s', (path, text, isNoticed) => {
    const odd: SourceFile = { path, text, imports: [], packages: [] };
    expect(unmirrored([odd])).toEqual(isNoticed ? [path] : []);
  });

  test('a dead file would be noticed', () => {
    const dead: SourceFile = { path: 'src/core/dead.ts', text: '', imports: [], packages: [] };
    expect(unreached([...files, dead], entries(files))).toContain('src/core/dead.ts');
  });
});

test('no scenario has the same name in the core’s world and in the simulator', () => {
  const namesIn = (folder: string) =>
    projectFiles(/\.txt$/)
      .filter((path) => path.startsWith(folder) && readProjectFile(path) !== null)
      .map((path) => path.slice(folder.length));
  const inBoth = namesIn('test/scenarios/').filter((name) =>
    namesIn('test/simulator/scenarios/').includes(name),
  );
  expect(inBoth).toEqual([]);
});

describe('texts', () => {
  test('no file names a package registry, nor leaves work for later', () => {
    const texts = projectFiles(/\.(?:ts|json|md|ya?ml|mod|sum)$|Makefile$|^\.ci\//);
    // Put together here, so that this file does not name them itself.
    const banned = new RegExp(
      [`registry\\.npm${'js'}`, `proxy\\.go${'lang'}`, `\\bTO${'DO'}\\b`, `\\bFIX${'ME'}\\b`].join(
        '|',
      ),
    );
    const found = texts.filter((path) => banned.test(readProjectFile(path) ?? ''));
    expect(found).toEqual([]);
  });
});
