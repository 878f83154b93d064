import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import type { TarEntry } from './tar.ts';

/**
 * The Node.js that runs the tests, with the libraries that it is linked to, where the Dockerfile's
 * image has it.
 */
export function nodeRuntime(): readonly TarEntry[] {
  const node = realpathSync(process.execPath);
  return [
    { kind: 'file', path: 'usr/local/bin/node', content: { file: node }, mode: 0o755 },
    ...librariesOf(node).map(
      (path): TarEntry => ({
        kind: 'file',
        path: path.slice(1),
        content: { file: realpathSync(path) },
        mode: 0o755,
      }),
    ),
  ];
}

/** The loader says by itself which files it would load. */
function librariesOf(program: string): readonly string[] {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
