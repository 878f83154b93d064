/** Turns anything that is given to the log into small, plain data without secrets. Never throws. */
import { types } from 'node:util';
import { isSecretMember, REDACTED, redact } from './redact.ts';

const DEPTH_MAX = 6;
const ENTRIES_MAX = 100;
const TEXT_LENGTH_MAX = 4096;
/** How much of a text is searched for secrets. The rest is dropped. */
const TEXT_LENGTH_SEEN_MAX = 65_536;
const STACK_FRAMES_MAX = 20;

/** The copy that is written: errors are reduced, secrets removed, sizes bounded. */
export function safeFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy = safeValue(fields, 0, []);
  return typeof copy === 'object' && copy !== null ? (copy as Record<string, unknown>) : {};
}

/** The text without secrets, of bounded length. */
export function safeText(text: string): string {
  const clean = redact(text.slice(0, TEXT_LENGTH_SEEN_MAX));
  return clean.length > TEXT_LENGTH_MAX ? `${clean.slice(0, TEXT_LENGTH_MAX)}…` : clean;
}

function safeValue(value: unknown, depth: number, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return safeText(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : safeObject(value, depth, above);
    default:
      return `[${typeof value}]`;
  }
}

function safeObject(value: object, depth: number, above: readonly object[]): unknown {
  if (above.includes(value)) return '[circular]';
  if (depth >= DEPTH_MAX) return '[deeper]';
  const chain = [...above, value];
  try {
    if (types.isNativeError(value) || value instanceof Error) {
      return safeError(value, depth, chain);
    }
    if (types.isDate(value)) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (Array.isArray(value)) {
      return value.slice(0, ENTRIES_MAX).map((item) => safeValue(item, depth + 1, chain));
    }
    // Bytes, keys, maps and so on: of no use in a log.
    if (!isPlain(value)) return `[${value.constructor?.name ?? 'object'}]`;
    return safeRecord(value, depth, chain);
  } catch {
    return '[unreadable]';
  }
}

function safeRecord(value: object, depth: number, chain: readonly object[]): object {
  const entries = Object.entries(value).slice(0, ENTRIES_MAX);
  return Object.fromEntries(
    entries.map(([name, item]) => [
      safeText(name),
      isSecretMember(name, item) ? REDACTED : safeValue(item, depth + 1, chain),
    ]),
  );
}

/**
 * Keeps only an error's own message and code. A client's errors carry whole requests and answers,
 * Secrets included, as further properties and after `Body:` in their message.
 */
function safeError(error: Error, depth: number, chain: readonly object[]): object {
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  const inner = (value: unknown) => safeValue(value, depth + 1, chain);
  return {
    type: safeText(String(error.name)),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: inner(code) } : {}),
    message: safeText(String(error.message).replace(/\nBody:[\s\S]*$/, '')),
    ...(typeof error.stack === 'string' ? { stack: stackFrames(error.stack) } : {}),
    ...(cause instanceof Error ? { cause: inner(cause) } : {}),
    ...(Array.isArray(errors)
      ? { errors: inner(errors.filter((one) => one instanceof Error)) }
      : {}),
  };
}

/** Without the first line, which repeats the message. */
function stackFrames(stack: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return safeText(frames.slice(0, STACK_FRAMES_MAX).join('\n'));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
