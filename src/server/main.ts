/** `signing-keys serve`: flags in, an exit code out. */
import { systemClock } from '../platform/clock.ts';
import { watchFolder } from '../platform/folder-watch.ts';
import { ListenError } from '../platform/http-endpoint.ts';
import { parseOptions, USAGE_EXIT_CODE } from '../platform/options.ts';
import { createLog } from '../platform/pino-log.ts';
import { findFolderProblem } from '../platform/projected-folder.ts';
import { takeStopSignals } from '../platform/stop-signals.ts';
import { SERVE_OPTIONS, type ServeConfig } from './config.ts';
import { runServer } from './create-server.ts';

/** @returns the exit code: 0 after a stop in order, 2 for bad input. */
export async function runServe(argv: readonly string[]): Promise<number> {
  const parsed = parseOptions(
    {
      name: 'signing-keys serve',
      help: 'Answers HTTP requests for a JWKS that is mounted as a folder.',
      options: SERVE_OPTIONS,
    },
    argv,
    process.env,
  );
  if (!parsed.ok) {
    process.stdout.write(parsed.stdout);
    process.stderr.write(parsed.stderr);
    return parsed.exitCode;
  }
  const config = parsed.values;
  // An empty folder is none: the ConfigMap may come later.
  const problem = await findFolderProblem(config.dir);
  if (problem !== null) return refuse(`--dir is '${config.dir}', ${problem}`);
  try {
    await runWith(config);
    return 0;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    return refuse(error.message);
  }
}

async function runWith(config: ServeConfig): Promise<void> {
  const { stopping, release } = takeStopSignals();
  const log = await createLog({
    level: config.logLevel,
    format: config.logFormat,
    destination: 'stdout',
  });
  try {
    await runServer({ config, clock: systemClock, watchFolder, log }, stopping);
  } finally {
    release();
  }
}

function refuse(message: string): number {
  process.stderr.write(`error: ${message}\n`);
  return USAGE_EXIT_CODE;
}
