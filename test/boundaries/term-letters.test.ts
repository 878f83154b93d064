import { describe, expect, test } from 'vitest';
import { projectFiles, readProjectFile } from './source-tree.ts';

/** A letter of the terms by itself. Not part of a name, a path, a formula in code or a quotation. */
const LETTER = /(?<![\w./#\-'’“"&])(?:Ps|[TCHPLSD])(?!\w|\.\w|\+\+|[/'’])/;
/** Where they are explained; rotation.md has a section of its own for that. */
const EXPLAINED = /\]\((?:[\w./]*terms\.md|#terms)/;

/** Code says nothing to a reader who looks for a letter's meaning. Lines stay lines. */
function proseOf(page: string): string {
  return page
    .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
}

/** The first line with a letter, if neither it nor a line before says where the letters are explained. */
function unexplained(page: string): string | null {
  const lines = proseOf(page).split('\n');
  const first = lines.findIndex((line) => LETTER.test(line));
  if (first === -1 || lines.slice(0, first + 1).some((line) => EXPLAINED.test(line))) return null;
  return lines[first]?.trim() ?? null;
}

describe('the letters of the terms', () => {
  const pages = projectFiles(/^(?:[A-Z]+|docs\/[\w-]+|charts\/[\w-]+\/README)\.md$/);

  test.each(pages.filter((path) => path !== 'docs/terms.md'))(
    '%s links them at the first use',
    (path) => {
      expect(unexplained(readProjectFile(path) ?? '')).toBeNull();
    },
  );

  test.each([
    ['It waits for P.', 'It waits for P.'],
    ['It waits.\nThen Ps + S pass.\nSee [terms](docs/terms.md).', 'Then Ps + S pass.'],
    ['It waits for [P](docs/terms.md), then for S.', null],
    ['The letters are the [terms](terms.md).\n\nIt waits for P.', null],
    ['`P` and an S3 bucket, C++ and /C/.', null],
    ['```\nP + S\n```', null],
  ])('%j', (page, found) => {
    expect(unexplained(page)).toBe(found);
  });
});
