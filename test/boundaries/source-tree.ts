/** The project's own files as its boundary tests see them: text and imports, nothing executed. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Files of the project that it imports, types included, from the root. */
  readonly imports: readonly string[];
  /** Packages and node modules that it imports. */
  readonly packages: readonly string[];
}

/** What git tracks, or would: so that a file is judged before it is committed. */
export function projectFiles(pattern: RegExp): readonly string[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const names = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return [...new Set(names)].filter((name) => pattern.test(name)).sort();
}

export function readProjectFile(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    // Deleted, but not committed yet.
    return null;
  }
}

export function sourceFiles(): readonly SourceFile[] {
  return projectFiles(/\.ts$/).flatMap((path) => {
    const text = readProjectFile(path);
    return text === null ? [] : [sourceFile(path, text)];
  });
}

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^']+)'/g;
const NEW_URL = /new URL\(\s*'(\.[^']+\.ts)',\s*import\.meta\.url/g;

export function sourceFile(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  const specifiers = [...code.matchAll(IMPORT), ...code.matchAll(NEW_URL)].map(
    (match) => match[1] ?? '',
  );
  const isOwn = (specifier: string) => specifier.startsWith('.');
  return {
    path,
    text,
    imports: specifiers.filter(isOwn).map((name) => relative('.', join(dirname(path), name))),
    packages: specifiers.filter((name) => !isOwn(name)),
  };
}

/** Comments and texts may speak of what code must not do. Good enough for this project's style. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1');
}

/** Code without comments and without what is in quotes. */
export function codeOnly(text: string): string {
  return withoutComments(text)
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}
