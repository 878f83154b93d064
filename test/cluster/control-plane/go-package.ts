import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startTethered } from './tethered-process.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A program in a Go module whose `go.sum` pins every source by hash. */
export interface GoPackage {
  readonly name: string;
  readonly version: string;
  /** Its import path. */
  readonly path: string;
  /** The folder with the `go.mod` that it is built by. */
  readonly moduleFolder: string;
  readonly linkerFlags: readonly string[];
  /** On two cores with nothing downloaded yet, in words. */
  readonly usualTime: string;
  /** What is built and what for, as the beginning of an error where there is no Go. */
  readonly withoutGo: string;
  /** What to do other than to install Go. */
  readonly instead: string;
}

export interface GoBuild {
  /** The least Go that builds it. */
  readonly go: string;
  readonly os: string;
  readonly architecture: string;
  readonly outputPath: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}

const PROGRESS_EVERY_MS = 10_000;
const run = promisify(execFile);

/** Builds a program with the host's Go. Throws when it cannot, with what Go printed. */
export async function buildWithGo(program: GoPackage, options: GoBuild): Promise<void> {
  await requireGo(program, options);
  const { onProgress } = options;
  const title = `building ${program.name} ${program.version}`;
  onProgress(`${title} (once; takes about ${program.usualTime})`);
  const startMs = performance.now();
  const elapsed = () => `${Math.round((performance.now() - startMs) / 1_000)} s`;
  const timer = setInterval(() => onProgress(`${title}: ${elapsed()}`), PROGRESS_EVERY_MS);
  try {
    await build(program, options);
  } finally {
    clearInterval(timer);
  }
  onProgress(`built ${program.name} ${program.version} in ${elapsed()}`);
}

async function build(program: GoPackage, options: GoBuild): Promise<void> {
  const go = await startTethered({
    command: 'go',
    args: [
      'build',
      '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      `-ldflags=${['-s', '-w', ...program.linkerFlags].join(' ')}`,
      `-o=${options.outputPath}`,
      program.path,
    ],
    cwd: program.moduleFolder,
    env: {
      ...options.env,
      CGO_ENABLED: '0',
      GOOS: options.os,
      GOARCH: options.architecture,
      // A workspace around the project must not choose other versions.
      GOWORK: 'off',
    },
    logPath: `${options.outputPath}.log`,
  });
  const end = await go.ended;
  if (end !== 'exit code 0') {
    throw new Error(`go build of ${program.path} ended with ${end}:\n${go.logTail()}`);
  }
}

/** Go from 1.21 on fetches the version that `go.mod` asks for by itself, unless told not to. */
async function requireGo(program: GoPackage, { env, go }: GoBuild): Promise<void> {
  try {
    await run('go', ['version'], { cwd: program.moduleFolder, env: { ...env } });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'Go is not installed' : `Go does not run: ${message.trim()}`;
    throw new Error(
      `${program.withoutGo}, and ${found}. Either install Go ${go} or later, or ${program.instead}.`,
    );
  }
}
