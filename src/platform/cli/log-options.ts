import { LOG_FORMATS, LOG_LEVELS } from '../log/pino-log.ts';
import { choice } from './option-kinds.ts';

/** The flags of every command that logs. */
export const LOG_OPTIONS = {
  logLevel: choice({
    help: 'the lowest level that is logged',
    default: 'info',
    choices: LOG_LEVELS,
  }),
  logFormat: choice({
    help: 'one JSON object per line, or lines for people',
    default: 'json',
    choices: LOG_FORMATS,
  }),
} as const;
