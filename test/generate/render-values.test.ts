import { describe, expect, test } from 'vitest';
import { renderValues, withValues } from '../../src/generate/render-values.ts';

const rowsOf = (yaml: string) => renderValues(yaml).trim().split('\n').slice(2);

describe('the table of values', () => {
  test.each<[string, string, string[]]>([
    ['a text', '# What.\na: "x"\n', ['| `a` | `"x"` | What. |']],
    ['a comment of two lines', '# What\n# it is.\na: 1\n', ['| `a` | `1` | What it is. |']],
    [
      'values within values, by their path',
      'a:\n  # First.\n  b: true\n  c:\n    # Second.\n    d: []\n',
      ['| `a.b` | `true` | First. |', '| `a.c.d` | `[]` | Second. |'],
    ],
    [
      'a map without comments is one value',
      '# A map.\na: { b: 1 }\n',
      ['| `a` | `{"b":1}` | A map. |'],
    ],
    ['a bar does not end a column', '# Which.\na: "b|c"\n', ['| `a` | `"b\\|c"` | Which. |']],
  ])('%s', (_, yaml, rows) => {
    expect(rowsOf(yaml)).toEqual(rows);
  });

  test.each(['a: 1\n', '# A.\na: 1\nb: 2\n', 'a:\n  # B.\n  b: 1\n  c: 2\n'])(
    'a value without a comment is a fault: %j',
    (yaml) => {
      expect(() => renderValues(yaml)).toThrow(/has no comment above it/);
    },
  );
});

test('a README keeps what is around the table', () => {
  const begin = '<!-- Generated from values.yaml by `make generate`: -->';
  const end = '<!-- End of what is generated. -->';
  const readme = `# A\n${begin}\nold\n${end}\nmore\n`;
  const next = withValues(readme, 'new\n');
  expect(next).toBe(`# A\n${begin}\n\nnew\n\n${end}\nmore\n`);
  expect(withValues(next, 'new\n')).toBe(next);
  expect(() => withValues('# A\n', 'new\n')).toThrow(/has no line/);
});
