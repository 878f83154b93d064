import { expect, test } from 'vitest';
import { editedBy } from '../../../src/core/reading/editors.ts';

const EARLY = 'argocd/Apply/2026-12-01T08:00:00Z';
const LATE = 'kubectl-edit/Update/2026-12-01T09:00:00Z';

test.each<[string, readonly string[], readonly string[], string]>([
  ['nobody', [], [], ''],
  ['a wiped record', ['untracked', 'untracked/17'], [], ''],
  ['one', [LATE], [], ' (field manager kubectl-edit, 2026-12-01T09:00:00Z)'],
  [
    'one that is new',
    [EARLY, LATE],
    [EARLY],
    ' (field manager kubectl-edit, 2026-12-01T09:00:00Z)',
  ],
  [
    'several that are new',
    [EARLY, LATE],
    [],
    ' (field managers argocd, 2026-12-01T08:00:00Z; kubectl-edit, 2026-12-01T09:00:00Z)',
  ],
  [
    'all are known: the last one',
    [EARLY, LATE],
    [EARLY, LATE],
    ' (field manager kubectl-edit, 2026-12-01T09:00:00Z)',
  ],
  [
    'a name with slashes',
    [`a/b/Update/2026-12-01T09:00:00Z`],
    [],
    ' (field manager a/b, 2026-12-01T09:00:00Z)',
  ],
])('%s', (_, managers, noted, expected) => {
  expect(editedBy(managers, noted)).toBe(expected);
});

test('many are counted', () => {
  const many = [1, 2, 3, 4, 5].map((n) => `tool-${n}/Update/2026-12-01T09:00:0${n}Z`);
  expect(editedBy(many, [])).toMatch(/tool-3, 2026-12-01T09:00:03Z; and 2 more\)$/);
});
