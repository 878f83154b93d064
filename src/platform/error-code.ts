/**
 * The code of a system error, such as `ENOENT`, or `UNKNOWN`. Messages show it instead of the error's
 * own text, which can quote a file's content, a header or what an exec plugin printed.
 */
export function errorCode(error: unknown): string {
  const isObject = typeof error === 'object' && error !== null;
  const code: unknown = isObject ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'UNKNOWN';
}
