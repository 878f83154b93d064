/** The log of the programs, by pino: one JSON object a line, or lines for people. */
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from './log.ts';
import { safeFields, safeText } from './log-fields.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Gets whole lines. Writes to `stdout` are synchronous, so that a crash loses no line. */
  readonly destination: 'stdout' | { write(line: string): unknown };
}

/** Creates a log. All fields go through {@link safeFields}: it holds no key, token or body. */
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
      // Errors are plain data by now. pino's own serializer would change them again.
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
 * Formats in this process and synchronously. pino's own way, a worker thread, would need files next to
 * the bundle. Loaded only on request, because clusters use JSON.
 */
async function prettyStream(target: DestinationStream): Promise<DestinationStream> {
  // By its default export: a bundle keeps no others of a CommonJS module.
  const { default: pretty } = await import('pino-pretty');
  const prettify = pretty.prettyFactory({
    colorize: process.stdout.isTTY === true,
    // In UTC, with a Z, as in every status and message.
    translateTime: "UTC:HH:MM:ss.l'Z'",
    errorLikeObjectKeys: [],
  });
  return { write: (line) => target.write(prettify(line)) };
}
