/** The kinds of values of flags: how each is read and described, and its default. */
import { formatDurationMs, parseDurationMs } from '../../core/formats/time.ts';

/** The declaration of one flag. `T` is the type of its value. */
export interface OptionKind<T> {
  /** In the help: `<port>`. */
  readonly placeholder: string;
  readonly help: string;
  /** The default as text, which is read like any other value. Null: there is none. */
  readonly defaultText: string | null;
  /** The value if there is neither a value nor a default. */
  readonly absent: { readonly value: T } | 'required';
  /** What `--flag` without a value means. Null: a value is required. */
  readonly bareText: string | null;
  /** Reads a text, or advises what to write: `write a whole number from 1 to 64`. */
  read(text: string): { readonly value: T } | { readonly advice: string };
}

type Described<D> = { readonly help: string; readonly default: D };

function kind<T>(
  described: { readonly help: string },
  placeholder: string,
  defaultText: string | null,
  read: OptionKind<T>['read'],
): OptionKind<T> {
  return {
    placeholder,
    help: described.help,
    defaultText,
    absent: 'required',
    bareText: null,
    read,
  };
}

type IntegerOptions = { readonly help: string; readonly min: number; readonly max: number };

function integerKind(options: IntegerOptions, defaultText: string | null): OptionKind<number> {
  const { min, max } = options;
  const advice = `write a whole number from ${min} to ${max}`;
  return kind(options, '<number>', defaultText, (text) => {
    const value = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { advice };
  });
}

export function integer(
  options: IntegerOptions & { readonly default: number },
): OptionKind<number> {
  return integerKind(options, String(options.default));
}

/** The value is null if the flag is not given. */
export function optionalInteger(options: IntegerOptions): OptionKind<number | null> {
  return { ...integerKind(options, null), absent: { value: null } };
}

/** A TCP port; 0 lets the system choose one. */
export function port(options: Described<number>): OptionKind<number> {
  return { ...integer({ ...options, min: 0, max: 65_535 }), placeholder: '<port>' };
}

/** A duration such as `1m30s`. The value is in milliseconds. */
export function duration(
  options: Described<number> & { readonly minMs: number; readonly maxMs: number },
): OptionKind<number> {
  const { minMs, maxMs } = options;
  const range = `${formatDurationMs(minMs)} to ${formatDurationMs(maxMs)}`;
  const advice = `write a duration from ${range}, such as 1m30s (units h, m, s, ms)`;
  return kind(options, '<duration>', formatDurationMs(options.default), (text) => {
    const value = parseDurationMs(text);
    return value !== null && value >= minMs && value <= maxMs ? { value } : { advice };
  });
}

export function choice<const C extends string>(
  options: Described<C> & {
    readonly choices: readonly C[];
    /** For choices that are too long for their column of the help. `help` then names them. */
    readonly placeholder?: string;
  },
): OptionKind<C> {
  const advice = `write one of ${options.choices.join(', ')}`;
  const placeholder = options.placeholder ?? `<${options.choices.join('|')}>`;
  return kind(options, placeholder, options.default, (text) => {
    const value = options.choices.find((known) => known === text);
    return value === undefined ? { advice } : { value };
  });
}

/** `--flag`, `--flag=true` or `--flag=false`. */
export function toggle(options: Described<boolean>): OptionKind<boolean> {
  const made = kind<boolean>(options, '[true|false]', String(options.default), (text) =>
    text === 'true' || text === 'false'
      ? { value: text === 'true' }
      : { advice: 'write true or false' },
  );
  return { ...made, bareText: 'true' };
}

const TEXT_LENGTH_MAX = 4096;

type TextOptions = {
  readonly help: string;
  readonly placeholder: string;
  /** What the text must match, and the advice if it does not. */
  readonly pattern?: RegExp;
  readonly advice?: string;
};

function textKind(options: TextOptions, defaultText: string | null): OptionKind<string> {
  const advice = options.advice ?? `write a text of 1 to ${TEXT_LENGTH_MAX} characters`;
  return kind(options, options.placeholder, defaultText, (text) => {
    const fits = text !== '' && text.length <= TEXT_LENGTH_MAX;
    return fits && (options.pattern?.test(text) ?? true) ? { value: text } : { advice };
  });
}

export function text(options: TextOptions & { readonly default: string }): OptionKind<string> {
  return textKind(options, options.default);
}

export function requiredText(options: TextOptions): OptionKind<string> {
  return textKind(options, null);
}

/** The value is null if the flag is not given. */
export function optionalText(options: TextOptions): OptionKind<string | null> {
  return { ...textKind(options, null), absent: { value: null } };
}

export interface HostPort {
  /** Null: every address of the machine. */
  readonly host: string | null;
  readonly port: number;
}

/** An address to listen on: `0.0.0.0:8081`, `[::1]:8081`, or `:8081` for all of the machine. */
export function hostPort(options: Described<string>): OptionKind<HostPort> {
  const advice = 'write host:port, such as 0.0.0.0:8081, [::1]:8081 or :8081';
  return kind(options, '<host:port>', options.default, (text) => {
    const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):([0-9]{1,5})$/.exec(text);
    const number = Number(parts?.[3] ?? Number.NaN);
    if (parts === null || number > 65_535) return { advice };
    return { value: { host: parts[1] ?? (parts[2] || null), port: number } };
  });
}
