import { expect, test } from 'vitest';
import { situationOf } from '../../../src/core/reading/situation.ts';
import {
  replacedJwks,
  replacedSigner,
  undoneEdits,
  undoneJwksEdit,
} from '../../../src/core/stages/edits.ts';
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
