import { expect, test } from 'vitest';
import { hasMemberTwice } from '../../../src/core/encoding/json-text.ts';

test.each<[string, boolean]>([
  ['{}', false],
  ['{"a":1,"b":{"a":2}}', false],
  ['[{"a":1},{"a":2}]', false],
  ['{"a":":\\"b\\":"}', false],
  ['{"a:b":1}', false],
  ['{"a":1,"a":1}', true],
  ['{"a":1,"\\u0061":1}', true],
  ['{"keys":[{"d":"secret"}],"keys":[]}', true],
  ['[[{"a":{"b":1,"b":2}}]]', true],
  ['['.repeat(20_000) + ']'.repeat(20_000), false],
])('%.60s', (text, expected) => {
  expect(hasMemberTwice(text, JSON.parse(text))).toBe(expected);
});
