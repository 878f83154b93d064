import type { Log, LogFields } from '../../../src/platform/log/log.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
  /** By the clock that the recorder was given; 0 without one. */
  readonly atMs: number;
}

/**
 * A log that a test can read.
 * @param nowMs when a line is written
 */
export function recordLog(
  nowMs: () => number = () => 0,
): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message, atMs: nowMs() });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
