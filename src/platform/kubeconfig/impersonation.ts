/** Who this program acts as, besides who it is: `as` and its companions in a kubeconfig. */
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';
import type { Fields, USER_FIELDS } from './fields.ts';

/** By their lower-case names. A header with several values is sent once for each. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Characters of a header's name that need no escape (RFC 9110, section 5.6.2), without `%`. */
const PLAIN = /[A-Za-z0-9!#$&'*+.^_`|~-]/;

/**
 * The headers that ask the API server to act as somebody else; none if `as` is not set.
 * @param where begins the message
 * @throws KubeConfigError if groups and the like are given without a user: kubectl refuses that too,
 *   and without `as` they would be ignored, which is to act with other rights than meant
 */
export function impersonationOf(where: string, user: Fields<typeof USER_FIELDS>): Headers {
  const { as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} } = user;
  if (as === undefined) {
    for (const name of ['as-uid', 'as-groups', 'as-user-extra'] as const) {
      if (user[name] === undefined) continue;
      throw new KubeConfigError(`${where} has ${name}, but not as. ${CORRECT_FILE}`);
    }
    return {};
  }
  const value = (text: string) => headerValue(where, text);
  return {
    'impersonate-user': value(as),
    ...(uid === undefined ? {} : { 'impersonate-uid': value(uid) }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups.map(value) }),
    ...Object.fromEntries(
      Object.entries(extra)
        .filter(([, values]) => values.length > 0)
        .map(([key, values]) => [`impersonate-extra-${escapeKey(key)}`, values.map(value)]),
    ),
  };
}

/** Each byte that a header's name can't have, as the API server reads it back. */
function escapeKey(key: string): string {
  return [...Buffer.from(key.toLowerCase())]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const hex = byte.toString(16).toUpperCase().padStart(2, '0');
      return PLAIN.test(character) ? character : `%${hex}`;
    })
    .join('');
}

/** The bytes of its UTF-8, which Node would refuse to send as characters. */
function headerValue(where: string, text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    throw new KubeConfigError(
      `${where}: as, as-uid, as-groups and as-user-extra can't have control characters. ${CORRECT_FILE}`,
    );
  }
  return Buffer.from(text).toString('latin1');
}
