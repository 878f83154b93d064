/** A path as text, short enough for a command line, and the path told step by step. */
import type { State } from '../model/state.ts';
import { movesOf } from '../moves/moves.ts';

/** Labels in a row, each with how often: `user create, pass*7, wait`. */
export function pathText(path: readonly string[]): string {
  const groups: { readonly label: string; count: number }[] = [];
  for (const label of path) {
    const last = groups.at(-1);
    if (last?.label === label) last.count += 1;
    else groups.push({ label, count: 1 });
  }
  return groups.map(({ label, count }) => (count === 1 ? label : `${label}*${count}`)).join(', ');
}

export function parsePath(text: string): readonly string[] {
  return text.split(',').flatMap((group) => {
    const [, label = '', count = '1'] = /^\s*(.*?)(?:\*([0-9]+))?\s*$/.exec(group) ?? [];
    return Array.from({ length: Number(count) }, () => label);
  });
}

/** One line a move: when, who, what, and what the world shows after it. */
export function toldPath(start: State, path: readonly string[]): readonly string[] {
  let state = start;
  let shown = '';
  return path.flatMap((label) => {
    const move = movesOf(state).find((each) => each.label === label);
    if (move === undefined) throw new Error(`after this, nobody can '${label}'`);
    const atMs = state.world.nowMs - start.world.nowMs;
    const { state: next, told, violations } = move.take();
    state = next;
    const lines = [`${`${atMs / 1000}s`.padStart(6)}  ${label}${told === '' ? '' : `: ${told}`}`];
    const now = shownText(state);
    if (now !== shown) lines.push(`          ${now}`);
    shown = now;
    return [...lines, ...violations.map(({ rule, text }) => `          ! ${rule}: ${text}`)];
  });
}

function shownText({ world }: State): string {
  const { api, ledger, signerKid, servedKids } = world;
  const keys = ledger?.keys.map(({ kid, state, bar }) => {
    return `${kid} ${state}${bar === null ? '' : ' (out)'}`;
  });
  const secrets = [...api.keySecrets.values()].map(({ ordinal }) => `#${ordinal}`);
  return [
    api.set === null ? 'no set' : `set ${api.set.ref.uid}`,
    api.signer === null ? 'no signer' : `signs ${signerKid ?? 'nothing'}`,
    ledger === null ? 'no ledger' : `ledger ${ledger.generation}: ${keys?.join(', ')}`,
    servedKids === null ? 'no JWKS' : `serves ${servedKids.join(' ')}`,
    `Secrets ${secrets.sort().join(' ')}`,
  ].join(' | ');
}
