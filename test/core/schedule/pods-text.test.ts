import { expect, test } from 'vitest';
import type { ReadOncePod } from '../../../src/core/reading/model.ts';
import { podsText } from '../../../src/core/schedule/pods-text.ts';

function pod(name: string, changes: Partial<ReadOncePod> = {}): ReadOncePod {
  return { pod: name, readsBy: 'Env', sinceMs: 0, workload: null, ...changes };
}

const pods = (names: string) => [...names].map((name) => pod(name));

test.each<[string, readonly ReadOncePod[], number, string]>([
  ['one', pods('a'), 0, 'Pod a (env)'],
  ['two, by name', pods('ba'), 0, 'Pod a (env) and Pod b (env)'],
  ['three', pods('abc'), 0, 'Pod a (env), Pod b (env) and Pod c (env)'],
  ['five', pods('edcba'), 0, 'Pod a (env), Pod b (env), Pod c (env), Pod d (env) and Pod e (env)'],
  [
    'a sixth is counted',
    pods('fabcde'),
    0,
    'Pod a (env), Pod b (env), Pod c (env), Pod d (env), Pod e (env) and 1 more',
  ],
  [
    'those that are not listed are counted as well',
    pods('abcdefg'),
    3,
    'Pod a (env), Pod b (env), Pod c (env), Pod d (env), Pod e (env) and 5 more',
  ],
  ['one, and those that are not listed', pods('a'), 2, 'Pod a (env) and 2 more'],
  [
    'how each reads the Secret',
    [
      pod('a', { readsBy: 'Env' }),
      pod('b', { readsBy: 'SubPath' }),
      pod('c', { readsBy: 'InitContainer' }),
      pod('d', { readsBy: 'Volume' }),
    ],
    0,
    'Pod a (env), Pod b (subPath), Pod c (init container) and Pod d (volume)',
  ],
  [
    'what made it, if that can be restarted',
    [pod('a', { workload: { kind: 'StatefulSet', name: 'api' } })],
    0,
    'Pod a (env, StatefulSet api)',
  ],
])('pods that are too old: %s', (_, old, more, expected) => {
  expect(podsText({ kind: 'TooOld', pods: old, more })).toBe(expected);
});
