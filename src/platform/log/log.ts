/** Facts that belong to a message, by name. Never a key, a token or Secret data. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What the code needs of a logger. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
