/** The log of both programs: pino, one JSON object a line, or lines for people. */
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from './log.ts';
import { safeFields, safeText } from './log-fields.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  /** The least level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes whole lines; `stdout` is written to synchronously, so that a crash loses none. */
  readonly destination: 'stdout' | { write(line: string): unknown };
}

/** Makes a log. Every text in it went through {@link safeFields}: no key, no token, no body. */
export async function createLog(options: LogOptions): Promise<Log> {
  const target: DestinationStream =
    options.destination === 'stdout' ? destination({ fd: 1, sync: true }) : toStream(options);
  const stream = options.format === 'pretty' ? await prettyStream(target) : target;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors come here as plain data already; pino's own serializer would take them apart again.
      serializers: { err: (err: unknown) => err },
    },
    stream,
  );
  const write = (level: LogLevel): Log[LogLevel] => {
    return (fields, message) => {
      if (logger.isLevelEnabled(level)) logger[level](safeFields(fields), safeText(message));
    };
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}

function toStream({ destination: given }: LogOptions): DestinationStream {
  return { write: (line) => void (typeof given === 'string' ? null : given.write(line)) };
}

/**
 * In this process and in step: pino's own way, a worker thread, would need files beside the
 * bundle. Loaded only when asked for, because JSON is what runs in a cluster.
 */
async function prettyStream(target: DestinationStream): Promise<DestinationStream> {
  // By its default, which is all that a bundle leaves of a CommonJS module.
  const { default: pretty } = await import('pino-pretty');
  const prettify = pretty.prettyFactory({
    colorize: process.stdout.isTTY === true,
    // As in every status and message: UTC, with its Z.
    translateTime: "UTC:HH:MM:ss.l'Z'",
    errorLikeObjectKeys: [],
  });
  return { write: (line) => target.write(prettify(line)) };
}
