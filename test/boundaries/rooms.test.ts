import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type SourceFile, sourceFile, sourceFiles } from './source-tree.ts';

/** Above this many files nobody finds a file by its room any more. */
const FILES_MAX = 15;

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Which file imports which, type imports included. */
function fileGraph(files: readonly SourceFile[]): Graph {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, imports }) => [path, new Set(imports.filter((name) => paths.has(name)))]),
  );
}

/** Which room imports from which. A folder's own files are one room, its subfolders are others. */
function roomGraph(files: readonly SourceFile[]): Graph {
  const rooms = new Map<string, Set<string>>();
  for (const [path, imports] of fileGraph(files)) {
    const room = dirname(path);
    const others = [...imports].map(dirname).filter((other) => other !== room);
    rooms.set(room, new Set([...(rooms.get(room) ?? []), ...others]));
  }
  return rooms;
}

/** One cycle as a path that ends where it begins, or null. */
function cycleIn(graph: Graph): readonly string[] | null {
  const done = new Set<string>();
  const walk = (node: string, trail: readonly string[]): readonly string[] | null => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return null;
    for (const next of graph.get(node) ?? []) {
      const found = walk(next, [...trail, node]);
      if (found !== null) return found;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const found = walk(node, []);
    if (found !== null) return found;
  }
  return null;
}

function crowdedRooms(files: readonly SourceFile[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > FILES_MAX).map(([room]) => room);
}

describe.each<[string, RegExp]>([
  ['the programs', /^src\//],
  // A test imports what it tests, wherever that is, and nobody imports a test.
  ['tests’ helpers, scripts and benchmarks', /^(?:test|scripts|bench)\/.*(?<!\.test)\.ts$/],
])('rooms of %s', (_, pattern) => {
  const files = sourceFiles().filter(({ path }) => pattern.test(path));

  test('no file imports itself by way of others, types included', () => {
    expect(cycleIn(fileGraph(files))).toBeNull();
  });

  test('no room imports itself by way of others, types included', () => {
    expect(cycleIn(roomGraph(files))).toBeNull();
  });
});

test(`no room has more than ${FILES_MAX} files, tests included`, () => {
  expect(crowdedRooms(sourceFiles())).toEqual([]);
});

describe('the checks can fail', () => {
  const file = (path: string, imported: string) =>
    sourceFile(path, `import type { X } from '${imported}';`);

  test('a cycle between files would be noticed', () => {
    const files = [file('src/a/x.ts', './y.ts'), file('src/a/y.ts', './x.ts')];
    expect(cycleIn(fileGraph(files))).toEqual(['src/a/x.ts', 'src/a/y.ts', 'src/a/x.ts']);
  });

  test('a cycle between rooms would be noticed, even if no two files make one', () => {
    const files = [
      file('src/a/x.ts', '../b/x.ts'),
      file('src/b/x.ts', './z.ts'),
      file('src/b/y.ts', '../a/y.ts'),
      sourceFile('src/a/y.ts', ''),
      sourceFile('src/b/z.ts', ''),
    ];
    expect(cycleIn(fileGraph(files))).toBeNull();
    expect(cycleIn(roomGraph(files))).toEqual(['src/a', 'src/b', 'src/a']);
  });

  test('a crowded room would be noticed', () => {
    const files = Array.from({ length: FILES_MAX + 1 }, (_, n) => sourceFile(`src/a/f${n}.ts`, ''));
    expect(crowdedRooms(files)).toEqual(['src/a']);
  });
});
