import { describe, expect, test } from 'vitest';
import { codeOnly, type SourceFile, sourceFile, sourceFiles } from './source-tree.ts';

/** What each layer may import of the others. Inward only; programs never each other. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  api: ['core', 'api'],
  platform: ['core', 'api', 'platform'],
  operator: ['core', 'api', 'platform', 'operator'],
  server: ['core', 'api', 'platform', 'server'],
  smoke: ['core', 'api', 'platform', 'smoke'],
  generate: ['core', 'api', 'generate'],
};

/** Clocks, sockets and randomness: one owner, so that a simulator can replace them. */
const OWNED_BY_PLATFORM = [
  /\bDate\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bfetch\s*\(/,
  /\bperformance\b/,
  /\bAbortSignal\.timeout\b/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bhrtime\b/,
];
/** Calendar arithmetic: a Date with an argument reads no clock. */
const DATE_ARITHMETIC = /\bnew Date\((?!\s*\))|\bDate\.(?:UTC|parse)\(/g;
const OWNED_PACKAGES =
  /^(?:node:)?(?:crypto|timers|http|https|net|tls|dns|worker_threads|fs|perf_hooks)(?:\/|$)/;
/** A core that can be reasoned about has none of these either. */
const NOT_IN_CORE = [/\bprocess\b/, /\bBuffer\b/, /\bconsole\b/, /\bglobalThis\b/];

/** Several operators run in one process: what one of them remembers must not reach another. */
const MODULE_STATE =
  /^(?:export )?(?:let\b|const \w+(?:: [^=\n]+)? = (?:new (?:Weak)?(?:Map|Set)(?:<[^\n]*>)?\(\)|\[\];|\{\};))[^\n]*/gm;

function layerOf(path: string): string | null {
  return /^src\/([a-z]+)\//.exec(path)?.[1] ?? null;
}

function importProblems(file: SourceFile): readonly string[] {
  const layer = layerOf(file.path);
  const allowed = LAYERS[layer ?? ''];
  if (layer === null) return [];
  if (allowed === undefined) return [`${file.path}: the layer ${layer} is not known`];
  const strangers = file.imports.filter((path) => !allowed.includes(layerOf(path) ?? ''));
  const own = strangers.filter((path) => path !== 'package.json' && path !== 'src/version.ts');
  const packages = layer === 'core' ? file.packages : [];
  return [...own, ...packages].map((name) => `${file.path} imports ${name}`);
}

function effectProblems(file: SourceFile): readonly string[] {
  const layer = layerOf(file.path);
  if (layer === 'platform' || layer === 'generate' || layer === null) return [];
  const code = codeOnly(file.text).replace(DATE_ARITHMETIC, '');
  const banned = layer === 'core' ? [...OWNED_BY_PLATFORM, ...NOT_IN_CORE] : OWNED_BY_PLATFORM;
  return [
    ...banned.filter((pattern) => pattern.test(code)).map((pattern) => `${file.path}: ${pattern}`),
    ...file.packages
      .filter((name) => OWNED_PACKAGES.test(name))
      .map((name) => `${file.path} imports ${name}`),
  ];
}

function moduleState({ path, text }: SourceFile): readonly string[] {
  if (!path.startsWith('src/')) return [];
  return [...codeOnly(text).matchAll(MODULE_STATE)].map(([line]) => `${path}: ${line}`);
}

describe('layers', () => {
  test('imports point inward only, and the core imports nothing but itself', () => {
    expect(sourceFiles().flatMap(importProblems)).toEqual([]);
  });

  test('clocks, timers, sockets, files, cryptography and randomness are in the platform alone', () => {
    expect(sourceFiles().flatMap(effectProblems)).toEqual([]);
  });
});

test('no module of the programs remembers anything', () => {
  expect(sourceFiles().flatMap(moduleState)).toEqual([]);
});

describe('the checks can fail', () => {
  test.each([
    ['src/core/a.ts', "import { x } from '../platform/clock.ts';"],
    ['src/core/a.ts', "import { readFileSync } from 'node:fs';"],
    ['src/core/a.ts', "import pino from 'pino';"],
    ['src/api/a.ts', "export * from '../operator/main.ts';"],
    ['src/operator/a.ts', "import type { X } from '../server/main.ts';"],
    ['src/server/a.ts', "const m = await import('../operator/main.ts');"],
    ['src/other/a.ts', ''],
  ])('%s with %s breaks the layers', (path, text) => {
    expect(importProblems(sourceFile(path, text))).toHaveLength(1);
  });

  test.each([
    ['src/core/a.ts', 'const now = Date.now();'],
    ['src/core/a.ts', 'const now = new Date();'],
    ['src/core/a.ts', 'const now = new Date( );'],
    ['src/core/a.ts', 'const now = new Date;'],
    ['src/core/a.ts', 'const now = Date();'],
    ['src/core/a.ts', 'const { now } = Date;'],
    ['src/core/a.ts', 'run(Date);'],
    ['src/core/a.ts', "const now = Date['now']();"],
    ['src/core/a.ts', 'const now = Date.UTC(1) + Date.now();'],
    ['src/core/a.ts', 'const now = new Date(Date.now());'],
    ['src/core/a.ts', 'setTimeout(() => {}, 1);'],
    ['src/core/a.ts', 'const x = process.env;'],
    ['src/operator/a.ts', 'await fetch(url);'],
    ['src/operator/a.ts', "import { randomBytes } from 'node:crypto';"],
    ['src/server/a.ts', 'const s = AbortSignal.timeout(5);'],
    ['src/api/a.ts', 'Math.random();'],
  ])('%s with %s owns what is not its', (path, text) => {
    expect(effectProblems(sourceFile(path, text)).length).toBeGreaterThan(0);
  });

  test.each(['new Date(atMs).toISOString();', 'Date.UTC(2026, 10, 30);', 'Date.parse(text);'])(
    '%s reads no clock',
    (text) => {
      expect(effectProblems(sourceFile('src/core/a.ts', text))).toEqual([]);
    },
  );

  test.each([
    'let count = 0;',
    'const known = new Map<string, Verdict>();',
    'export const seen: Set<string> = new Set();',
    'const lines: string[] = [];',
  ])('%s is module state', (text) => {
    expect(moduleState(sourceFile('src/operator/a.ts', text))).toHaveLength(1);
  });

  test.each(['const A = new Set([1]);', 'class A {\n  #known = new Map();\n}', '  let inner = 1;'])(
    '%s is none',
    (text) => {
      expect(moduleState(sourceFile('src/operator/a.ts', text))).toEqual([]);
    },
  );

  test('comments and texts may speak of it', () => {
    const text = "// Date and setTimeout\n/** fetch() */\nexport const a = 'no Date header';";
    expect(effectProblems(sourceFile('src/core/a.ts', text))).toEqual([]);
  });
});
