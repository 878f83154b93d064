/** From the comments in a chart's values.yaml to a table for its README. */
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

const BEGIN = '<!-- Generated from values.yaml by `make generate`: -->';
const END = '<!-- End of what is generated. -->';

/** Puts the table between the two marks of a README. */
export function withValues(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`a README has no line ${BEGIN}, or no ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n${readme.slice(end)}`;
}

/** @throws Error if a value has no comment above it */
export function renderValues(yaml: string): string {
  const document = parseDocument(yaml);
  if (!isMap(document.contents)) throw new Error('values.yaml is not a map');
  // The comment above the first value is the document's.
  const rows = rowsOf(document.contents, '', document.commentBefore);
  const lines = rows.map(({ path, value, text }) => `| \`${path}\` | ${shown(value)} | ${text} |`);
  return ['| value | default | what it is |', '|---|---|---|', ...lines, ''].join('\n');
}

interface Row {
  readonly path: string;
  readonly value: unknown;
  readonly text: string;
}

/** A map in which nothing has a comment is one value, such as an object of Kubernetes. */
function rowsOf(map: YAMLMap, path: string, first: string | null | undefined): readonly Row[] {
  return map.items.flatMap((pair, index) => {
    const name = nameOf(pair);
    const own = commentOf(pair) ?? (index === 0 ? first : null) ?? null;
    const here = path === '' ? name : `${path}.${name}`;
    const { value } = pair;
    if (isMap(value) && hasComments(value)) return rowsOf(value, here, value.commentBefore);
    if (own === null) throw new Error(`values.yaml: ${here} has no comment above it`);
    return [{ path: here, value: plain(value), text: own.replace(/\s+/g, ' ').trim() }];
  });
}

function nameOf({ key }: Pair): string {
  if (!isScalar(key) || typeof key.value !== 'string') throw new Error('a name is not a string');
  return key.value;
}

function commentOf({ key }: Pair): string | null {
  return (isScalar(key) ? key.commentBefore : null) ?? null;
}

function hasComments(map: YAMLMap): boolean {
  if ((map.commentBefore ?? '') !== '') return true;
  return map.items.some(
    (pair) => commentOf(pair) !== null || (isMap(pair.value) && hasComments(pair.value)),
  );
}

function plain(value: unknown): unknown {
  return value !== null && typeof value === 'object' && 'toJSON' in value
    ? (value as { toJSON(): unknown }).toJSON()
    : value;
}

function shown(value: unknown): string {
  return `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``;
}
