/** What hands do to signer, JWKS and status: delete, restore, swap, edit and revert. */
import type { ObservedSigner } from '../../../src/core/reading/model.ts';
import type { Api } from '../../support/core-world/api.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND } from '../../support/core-world/fixtures.ts';
import { Hands } from '../../support/core-world/hands.ts';
import { noted } from '../model/facts.ts';
import { EMPTY_SHELF, type State, spend } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { jwksContentText, signerText } from './shelves.ts';

/** One or two changes in the same instant. */
export interface HandMove {
  readonly label: string;
  readonly take: () => State;
}

type Act = (hands: Hands, api: Api) => void;

export function handMoves(state: State): readonly HandMove[] {
  const { world, left } = state;
  if (left.hands === 0) return [];
  // While there is no ledger at all, nobody can tell a restored version from the truth: limits.md.
  const known = world.ledgers.length === 0 ? { ...state, shelf: EMPTY_SHELF } : state;
  return [...signerActs(known), ...jwksActs(known), ...statusActs(known)].map(
    ([what, ...acts]) => ({
      label: `hands ${what}`,
      take: () => acts.reduce(changed, { ...state, left: spend(left, 'hands') }),
    }),
  );
}

type Named = readonly [string, ...Act[]];

function signerActs({ world, shelf }: State): readonly Named[] {
  const { signer } = world.api;
  const restores = shelf.signers.flatMap((version, index): readonly Named[] => {
    if (signer !== null && signerText(signer) === signerText(version)) return [];
    return [[`restore signer ${index}`, (hands) => hands.restoreSigner(version)]];
  });
  if (signer === null) return restores;
  const kids = new Set(shelf.signers.flatMap(({ content }) => kidOf(content)));
  const swaps = [...kids]
    .filter((kid) => kid !== world.signerKid)
    .map((kid): Named => [`swap signer ${kid}`, (hands) => hands.editSigner(holding(kid))]);
  return [
    ['delete signer', (hands) => hands.deleteSigner()],
    ['touch signer', (hands) => hands.editSigner((same) => ({ ...same }))],
    ...swaps,
    ...restores,
  ];
}

function kidOf(content: ObservedSigner['content']): readonly string[] {
  return content.kind === 'Key' ? [content.kid] : [];
}

function holding(kid: string): (signer: ObservedSigner) => ObservedSigner {
  const publicJwk = fixtureJwk(kid, EC_KIND);
  const content = { kind: 'Key', kid, publicJwk, keyKind: EC_KIND } as const;
  return (signer) => ({ ...signer, content });
}

function jwksActs({ world, shelf }: State): readonly Named[] {
  const { jwks } = world.api;
  const restores = shelf.jwks.flatMap((version, index): readonly Named[] => {
    if (jwks !== null && jwksContentText(jwks) === jwksContentText(version)) return [];
    return [[`restore jwks ${index}`, (hands) => hands.restoreJwks(version)]];
  });
  if (jwks === null) return restores;
  return [
    ['delete jwks', (hands) => hands.deleteJwks()],
    ['flip jwks', (hands) => hands.editJwksKeys(() => []), (hands) => hands.restoreJwks(jwks)],
    ...restores,
  ];
}

function statusActs({ world, shelf }: State): readonly Named[] {
  const status = world.api.set?.status ?? null;
  if (world.api.set === null) return [];
  const restores = shelf.statuses.flatMap((version, index): readonly Named[] => {
    if (status?.ledger === version.ledger) return [];
    return [[`restore status ${index}`, (_, api) => putStatus(api, version)]];
  });
  return status === null ? restores : [['wipe status', (hands) => hands.wipeStatus()], ...restores];
}

function putStatus(api: Api, status: NonNullable<Api['set']>['status']): void {
  if (api.set !== null) api.set = { ...api.set, status, resourceVersion: api.nextVersion() };
}

function changed(state: State, act: Act): State {
  const world = state.world.after((api) => handsIn(state.world, api, act));
  return { ...state, world, facts: noted(state.facts, state.world, world, 'Hands') };
}

export function handsIn({ nowMs }: World, api: Api, act: Act): void {
  act(new Hands({ api, nowMs, noteFact: () => undefined }), api);
}
