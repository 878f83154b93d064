/** Named facts beside a message. Never a key, a token or Secret data. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The least that a part of the platform needs of a logger. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
