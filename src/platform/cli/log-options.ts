import { LOG_FORMATS, LOG_LEVELS } from '../log/pino-log.ts';
import { choice } from './option-kinds.ts';

/** The flags that every command with a log has. */
export const LOG_OPTIONS = {
  logLevel: choice({
    help: 'the least level that is logged',
    default: 'info',
    choices: LOG_LEVELS,
  }),
  logFormat: choice({
    help: 'a JSON object a line, or for people',
    default: 'json',
    choices: LOG_FORMATS,
  }),
} as const;
