import { expect, test } from 'vitest';
import { listText, textOf } from './json-text.ts';

const object = (name: string) => ({ kind: 'Secret', metadata: { name, labels: { a: '"' } } });

test('the text of an object is its JSON, the second time too', () => {
  const one = object('one');
  expect([textOf(one), textOf(one)]).toEqual([JSON.stringify(one), JSON.stringify(one)]);
});

test.each([
  [
    'a list',
    { kind: 'List', metadata: { resourceVersion: '7' }, items: [object('a'), object('b')] },
  ],
  ['an empty one', { kind: 'List', items: [] }],
  ['one of which the items are not last', { items: [object('a')], kind: 'List' }],
  ['an object without items', object('a')],
])('the text of %s is its JSON', (_, list) => {
  expect(listText(list)).toBe(JSON.stringify(list));
});
