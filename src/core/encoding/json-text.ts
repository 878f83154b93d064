/** What a JSON text holds that a reader does not see. */

/**
 * Whether the text has a member twice in one object: `JSON.parse` drops the first value silently, and it may
 * be a private key.
 * @param text of valid JSON
 * @param value what was parsed from it
 */
export function hasMemberTwice(text: string, value: unknown): boolean {
  // Outside strings, JSON has exactly one colon for each member that is written.
  const written = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  return written !== countMembers(value);
}

/** No recursion: a text from outside has a level of nesting for each byte. */
function countMembers(whole: unknown): number {
  let members = 0;
  const left: unknown[] = [whole];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    const values = Object.values(value);
    if (!Array.isArray(value)) members += values.length;
    left.push(...values);
  }
  return members;
}
