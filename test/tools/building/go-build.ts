import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTethered } from '../../support/process/tethered-process.ts';
import { goArchitecture } from './machine.ts';
import type { Program } from './program.ts';

/** Makes one program at `outputPath`. Throws when it cannot. */
export type Builder = (
  program: Program,
  outputPath: string,
  onProgress: (line: string) => void,
) => Promise<void>;

type Environment = Readonly<Record<string, string | undefined>>;

const PROGRESS_EVERY_MS = 10_000;
const run = promisify(execFile);

/** Builds with the host's Go from the program's module, which pins every source by hash. */
export function goBuilder(env: Environment = process.env): Builder {
  return async (program, outputPath, onProgress) => {
    await requireGo(program, env);
    const title = `building ${program.name} ${program.version}`;
    onProgress(`${title} (once; takes about ${program.usualTime})`);
    const startMs = performance.now();
    const elapsed = () => `${Math.round((performance.now() - startMs) / 1_000)} s`;
    const timer = setInterval(() => onProgress(`${title}: ${elapsed()}`), PROGRESS_EVERY_MS);
    try {
      await build(program, outputPath, env);
    } finally {
      clearInterval(timer);
    }
    onProgress(`built ${program.name} ${program.version} in ${elapsed()}`);
  };
}

async function build(program: Program, outputPath: string, env: Environment): Promise<void> {
  const logPath = `${outputPath}.log`;
  const go = await startTethered({
    command: 'go',
    args: [
      'build',
      '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      `-ldflags=${program.linkerFlags}`,
      `-o=${outputPath}`,
      program.goPackage,
    ],
    cwd: program.moduleFolder,
    env: {
      ...env,
      CGO_ENABLED: '0',
      GOOS: process.platform,
      GOARCH: goArchitecture(),
      // A workspace around the project must not choose other versions.
      GOWORK: 'off',
    },
    logPath,
  });
  const end = await go.ended;
  if (end !== 'exit code 0') {
    throw new Error(`go build of ${program.goPackage} ended with ${end}:\n${go.logTail()}`);
  }
}

/** Go from 1.21 on fetches the version that `go.mod` asks for by itself, unless a variable forbids it. */
async function requireGo(program: Program, env: Environment): Promise<void> {
  try {
    await run('go', ['version'], { cwd: program.moduleFolder, env: { ...env } });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'Go is not installed' : `Go does not run: ${message.trim()}`;
    throw new Error(
      `${program.name} is built once from its Go module, and ${found}. Either install Go ` +
        `${wantedGo(program.moduleFolder)} or later, or ${program.withoutGo}.`,
    );
  }
}

function wantedGo(moduleFolder: string): string {
  return /^go (\S+)/m.exec(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'))?.[1] ?? '';
}
