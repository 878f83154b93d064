import { expect, test } from 'vitest';
import {
  editedBy,
  replacedJwks,
  replacedSigner,
  undoneEdits,
  undoneJwksEdit,
} from '../../../src/core/reading/edits.ts';
import { situationOf } from '../../../src/core/reading/situation.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

function reasonsAfter(harm: (world: World) => void) {
  const world = worldWith(FAST_SPEC);
  world.runFor(12 * SECOND);
  const { ledger } = world;
  if (ledger === null) throw new Error('the set has no ledger');
  harm(world);
  const situation = situationOf(world.observe(0), FAST_SPEC, world.nowMs);
  const reasons = (notes: readonly { readonly reason: string }[]) =>
    notes.map(({ reason }) => reason);
  return {
    undone: reasons(undoneEdits(situation, ledger)),
    undoneJwks: reasons(undoneJwksEdit(situation, ledger)),
    replacedSigner: reasons(replacedSigner(situation, ledger)),
    replacedJwks: reasons(replacedJwks(situation, ledger)),
  };
}

const NOTHING = { undone: [], undoneJwks: [], replacedSigner: [], replacedJwks: [] };

test.each<[string, (world: World) => void, Partial<ReturnType<typeof reasonsAfter>>]>([
  ['nothing', () => undefined, {}],
  [
    'a JWKS that is emptied',
    ({ hands }) => hands.editJwksKeys(() => []),
    { replacedJwks: ['JwksRepaired'] },
  ],
  [
    'a JWKS that is emptied and put back',
    ({ hands, api }) => {
      const { jwks } = api;
      hands.editJwksKeys(() => []);
      if (jwks !== null) hands.restoreJwks(jwks);
    },
    { undone: ['JwksEdited'], undoneJwks: ['JwksEdited'] },
  ],
  ['a JWKS that is gone', ({ hands }) => hands.deleteJwks(), {}],
  [
    'labels of the JWKS',
    ({ hands }) => hands.editJwksMeta((meta) => ({ ...meta, labels: { team: 'a' } })),
    {},
  ],
  [
    'a signer that is emptied',
    ({ hands }) => hands.editSigner((signer) => ({ ...signer, content: { kind: 'Empty' } })),
    { replacedSigner: ['SignerRepaired'] },
  ],
  [
    'a signer that is emptied and put back',
    ({ hands, api }) => {
      const { signer } = api;
      hands.editSigner((now) => ({ ...now, content: { kind: 'Empty' } }));
      if (signer !== null) hands.editSigner((now) => ({ ...now, content: signer.content }));
    },
    { undone: ['SignerEdited'] },
  ],
])('%s', (_, harm, expected) => {
  expect(reasonsAfter(harm)).toEqual({ ...NOTHING, ...expected });
});

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
