/** docs/errors.md, Bad specs: whoever searches the page for what a refusal says finds its row. */
import { describe, expect, test } from 'vitest';
import { decodeSigningKeySet } from '../../src/api/decode.ts';
import { FIELD_ERROR_CODES, type FieldErrorCode } from '../../src/api/field-error.ts';
import { readMarkdown } from '../boundaries/markdown.ts';
import { readProjectFile } from '../boundaries/source-tree.ts';
import { BAD_SPECS, badSet } from './bad-specs.ts';
import { LOWERED_TERMS } from './lowered-terms.ts';

/** What the page says that a refusal contains: the code in brackets, or the API server's own words. */
function documentedSigns(): ReadonlyMap<string, readonly string[]> {
  const page = readProjectFile('docs/errors.md') ?? '';
  const section = /\n## Bad specs\n([\s\S]*?)\n##/.exec(page)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.map((row) => {
      const [first = '', second = ''] = row.split(' | ');
      return [readMarkdown(first).code[0] ?? '', readMarkdown(second).code];
    }),
  );
}

const SIGNS = documentedSigns();
const ERRORS = BAD_SPECS.flatMap(({ errors }) => errors);

/** Of edits: test/cluster/crd holds both to a real API server. */
const EDIT_CODES = ['Immutable', 'TermNotNoted'];

test('each code has one row', () => {
  expect([...SIGNS.keys()].sort()).toEqual([...FIELD_ERROR_CODES, ...EDIT_CODES].sort());
});

test('a term that cannot be lowered yet has a code', () => {
  const refusals = LOWERED_TERMS.flatMap((each) => each.refusals);
  expect(refusals.length).toBeGreaterThan(0);
  expect(refusals.filter((refusal) => !refusal.endsWith(' (TermNotNoted)'))).toEqual([]);
});

describe.each(FIELD_ERROR_CODES)('%s', (code: FieldErrorCode) => {
  const errors = ERRORS.filter((error) => error.code === code);

  // test/cluster/crd/crd-rules.test.ts holds `server` to a real API server.
  test('is in what the API server says, or the words of its row are', () => {
    const signs = [`(${code})`, ...(SIGNS.get(code) ?? [])];
    expect(errors.length).toBeGreaterThan(0);
    const silent = errors.filter(({ server }) => !signs.some((sign) => server.includes(sign)));
    expect(silent.map(({ server }) => server)).toEqual([]);
  });

  test('is in what InvalidSpec says', () => {
    const silent = errors.filter(({ message }) => !message.endsWith(` (${code})`));
    expect(silent.map(({ message }) => message)).toEqual([]);
  });
});

test('the URL that a refusal shows as an example is one that is accepted', () => {
  const refusals = ERRORS.filter(({ code }) => code === 'InvalidUrl');
  const examples = refusals.map(({ field, message }) => {
    const [, example = ''] = /such as (https:\S+)/.exec(message) ?? [];
    const patch = field === 'spec.issuer' ? { issuer: example } : { jwks: { uri: example } };
    const { ok } = decodeSigningKeySet(badSet({ name: example, patch, errors: [] }));
    return `${field} ${example} ${ok}`;
  });
  expect([...new Set(examples)].sort()).toEqual([
    'spec.issuer https://auth.example.com true',
    'spec.jwks.uri https://auth.example.com/.well-known/jwks.json true',
  ]);
});
