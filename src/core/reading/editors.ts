/** Who edited an object, as far as the API server's record of field managers tells. */

/** The maximum number of editors that a text names; it counts the rest. */
const NAMED_MAX = 3;

/**
 * For a sentence, after the object that was edited: ` (field manager kubectl-edit, 2026-12-01T09:00:00Z)`.
 * Empty if the record names nobody, as after an edit under this operator's own name.
 * @param managers who manages what counts, each as `manager/operation/time`
 * @param noted those that the ledger knows already. If it knows them all, the one that wrote last is meant.
 */
export function editedBy(managers: readonly string[], noted: readonly string[]): string {
  const parsed = managers.flatMap((text) => parse(text) ?? []);
  const news = parsed.filter(({ text }) => !noted.includes(text));
  const last = parsed.reduce<Editor | null>(
    (found, next) => (found === null || next.time > found.time ? next : found),
    null,
  );
  const editors = news.length > 0 ? news : last === null ? [] : [last];
  if (editors.length === 0) return '';
  const named = editors.slice(0, NAMED_MAX).map(({ manager, time }) => `${manager}, ${time}`);
  const more = editors.length - named.length;
  const which = editors.length === 1 ? 'field manager' : 'field managers';
  return ` (${which} ${named.join('; ')}${more === 0 ? '' : `; and ${more} more`})`;
}

interface Editor {
  readonly text: string;
  readonly manager: string;
  readonly time: string;
}

/** Null for what stands for a record that was wiped. The manager's own name may contain a slash. */
function parse(text: string): Editor | null {
  const [, manager, time] = /^(.+)\/(?:Update|Apply)\/([0-9TZ:.-]+)$/.exec(text) ?? [];
  return manager === undefined || time === undefined ? null : { text, manager, time };
}
