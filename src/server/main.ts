/** `signing-keys serve`: flags in, an exit code out. */
import { MetricsTlsError, metricsTlsOf } from '../platform/cli/metrics-tls-options.ts';
import { USAGE_EXIT_CODE } from '../platform/cli/options.ts';
import { runProgram } from '../platform/cli/run-program.ts';
import { systemClock } from '../platform/clock.ts';
import { watchFolder } from '../platform/files/folder-watch.ts';
import { openFilesMax } from '../platform/files/open-files.ts';
import { findFolderProblem } from '../platform/files/projected-folder.ts';
import { ListenError, OPERATIONAL_LIMITS } from '../platform/http/endpoint.ts';
import type { Log } from '../platform/log/log.ts';
import { createLog } from '../platform/log/pino-log.ts';
import { createServer } from './create-server.ts';
import { SERVE_OPTIONS, type ServeConfig } from './flags.ts';

/** @returns the exit code: 0 after an orderly stop, 2 for bad input. */
export function runServe(argv: readonly string[], stopping: AbortSignal): Promise<number> {
  return runProgram(
    {
      name: 'signing-keys serve',
      help: 'Serves a JWKS over HTTP from a mounted ConfigMap.',
      options: SERVE_OPTIONS,
      run: (config) => runWith(config, stopping),
      exitCodeOf,
    },
    argv,
  );
}

function exitCodeOf(error: unknown): number | null {
  const mistakes = [ListenError, FolderError, MetricsTlsError];
  return mistakes.some((kind) => error instanceof kind) ? USAGE_EXIT_CODE : null;
}

class FolderError extends Error {
  override readonly name = 'FolderError';
}

/** For the folder, and Node.js itself. */
const FILES_OF_PROGRAM = 64;

/**
 * Without a file to spare, a new connection could not even be accepted to close another one: whoever keeps
 * idle ones would lock everybody out.
 */
function withinOpenFiles(
  { maxConnections, metricsTlsDir }: ServeConfig,
  openFiles: number | null,
  log: Log,
): number {
  // Of the metrics by HTTPS, handshakes that go on are counted apart.
  const otherPorts = (metricsTlsDir === null ? 1 : 3) * OPERATIONAL_LIMITS.connectionsMax;
  const room = Math.max(1, (openFiles ?? Infinity) - otherPorts - FILES_OF_PROGRAM);
  if (room >= maxConnections) return maxConnections;
  log.warn(
    { maxConnections, openFiles, code: 'TOO_FEW_OPEN_FILES' },
    `this process may have ${openFiles} files open, so it keeps at most ${room} connections: raise the ` +
      'limit of open files (ulimit -n), or lower --max-connections',
  );
  return room;
}

async function runWith(config: ServeConfig, stopping: AbortSignal): Promise<number> {
  const metricsTls = metricsTlsOf(config, {
    host: config.host,
    port: config.metricsTlsPort,
    flags: { host: '--host', port: '--metrics-tls-port' },
  });
  // An empty folder will do: the ConfigMap may come later.
  const problem = await findFolderProblem(config.dir);
  if (problem !== null) throw new FolderError(`--dir is '${config.dir}', ${problem}`);
  const { logLevel: level, logFormat: format } = config;
  const log = await createLog({ level, format, destination: 'stdout' });
  const maxConnections = withinOpenFiles(config, await openFilesMax(), log);
  const bounded = { ...config, maxConnections };
  const server = createServer({
    config: bounded,
    metricsTls,
    clock: systemClock,
    watchFolder,
    log,
  });
  await server.run(stopping);
  return 0;
}
