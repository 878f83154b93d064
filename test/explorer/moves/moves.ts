/** Every move that a state allows. */
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import type { Api } from '../../support/core-world/api.ts';
import type { Hands } from '../../support/core-world/hands.ts';
import { isAtRest } from '../judge/rest.ts';
import { noted } from '../model/facts.ts';
import { TICK_MS } from '../model/spec.ts';
import { type State, spend } from '../model/state.ts';
import { handMoves, handsIn } from './hand-moves.ts';
import { aloneMove, type Move, mayLand, raceMoves, type Taken, waited } from './operator-moves.ts';

/** Every move but {@link aloneMove}. */
export function otherMoves(state: State): readonly Move[] {
  return [
    ...raceMoves(state),
    ...timeMoves(state),
    ...userMoves(state),
    ...handMoves(state).map(({ label, take }): Move => ({ label, take: () => plain(take()) })),
  ];
}

export function movesOf(state: State): readonly Move[] {
  const alone = aloneMove(state);
  return [...(alone === null ? [] : [alone]), ...otherMoves(state)];
}

function plain(state: State): Taken {
  const slots = state.slots.filter((slot) => mayLand(slot, state.world));
  return { state: { ...state, slots }, violations: [], told: '' };
}

/** The operators are late: they read one tick after a boundary, or sleep although there is work. */
function timeMoves(state: State): readonly Move[] {
  const { world, slots, left } = state;
  if (left.ticks === 0 || world.api.set === null) return [];
  const late: State = { ...state, left: spend(left, 'ticks') };
  const { step, nextAtMs, rotationDueMs } = world.plan;
  const boundaries = new Map<string, number>();
  // The interval's end is its own move: beside it, a set would rest in the middle of its work.
  const isDue = rotationDueMs !== null && nextAtMs !== null && nextAtMs >= rotationDueMs;
  if (nextAtMs !== null && !isDue && !isAtRest(world)) {
    if (step !== null) boundaries.set('sleep', nextAtMs);
    boundaries.set('sleep+', nextAtMs + TICK_MS);
    if (nextAtMs - TICK_MS > world.nowMs) boundaries.set('sleep-', nextAtMs - TICK_MS);
  }
  // As late as a write may be, and a tick before that.
  const deadlines = slots.map(({ untilMs }) => untilMs).filter((atMs) => atMs > world.nowMs);
  if (deadlines.length > 0) boundaries.set('linger', Math.min(...deadlines));
  if (step !== null) boundaries.set('doze', world.nowMs + TICK_MS);
  return [...boundaries].map(([label, atMs]) => ({ label, take: () => waited(late, atMs) }));
}

function userMoves(state: State): readonly Move[] {
  const { world, left, spec } = state;
  const { set } = world.api;
  if (set === null) {
    const isFirst = state.facts.changes === 0;
    if (!isFirst && left.lives === 0) return [];
    const next = isFirst ? left : spend(left, 'lives');
    return [act('user create', { ...state, left: next }, (hands) => hands.createSet(spec))];
  }
  if (set.deleting) return [];
  const isAtEase = isAtRest(world);
  if (!isAtEase && left.whims === 0) return [];
  const at = isAtEase ? left : spend(left, 'whims');
  const moves: Move[] = [];
  if (left.rotations > 0) {
    const next = spend(at, 'rotations');
    const rotate = `rotate-${next.rotations}`;
    moves.push(
      act('user rotate', { ...state, left: next }, (hands) =>
        hands.annotate(REQUEST.rotate, rotate),
      ),
    );
    const dueMs = world.plan.nextAtMs;
    if (isAtEase && dueMs !== null) {
      moves.push({ label: 'due', take: () => waited({ ...state, left: next }, dueMs) });
    }
  }
  if (left.lives > 0)
    moves.push(act('user delete', { ...state, left: at }, (hands) => hands.deleteSet()));
  if (mayLose(state)) {
    const next = spend(at, 'losses');
    moves.push(act('lose every ledger', { ...state, left: next }, loseLedgers));
  }
  return moves;
}

/** With another key in the signer and no ledger, nobody can tell which one should sign: limits.md. */
function mayLose({ left, world, facts }: State): boolean {
  return left.losses > 0 && world.ledger !== null && world.signerKid === facts.rightful;
}

function loseLedgers(hands: Hands, api: Api): void {
  hands.wipeStatus();
  hands.annotateSigner(ANNOTATION.ledger, null);
  if (api.jwks === null) return;
  hands.editJwksMeta((meta) => {
    const { [ANNOTATION.ledger]: _, ...annotations } = meta.annotations;
    return { ...meta, annotations };
  });
}

function act(label: string, state: State, change: (hands: Hands, api: Api) => void): Move {
  return {
    label,
    take: () => {
      const world = state.world.after((api) => handsIn(state.world, api, change));
      return plain({ ...state, world, facts: noted(state.facts, state.world, world, 'Hands') });
    },
  };
}
