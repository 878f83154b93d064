/** How far an exploration goes: what may happen on one path, and how often. */
import type { Spec } from '../../src/core/formats/spec.ts';
import type { Budgets } from './model/state.ts';

export type Bounds = Budgets & Pick<Spec, 'deletionPolicy'>;

const NONE: Budgets = {
  hands: 0,
  races: 0,
  ticks: 0,
  whims: 0,
  rotations: 0,
  lives: 0,
  losses: 0,
};

export function bounds(some: Partial<Bounds>): Bounds {
  return { ...NONE, deletionPolicy: 'Delete', ...some };
}

/** The reverse of {@link boundsText}: `hands=2 rotations=1 policy=Retain`. */
export function parseBounds(text: string): Bounds {
  const budgets: Record<string, number> = { ...NONE };
  let deletionPolicy: Bounds['deletionPolicy'] = 'Delete';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const [name = '', value = ''] = word.split('=');
    if (name === 'policy' && (value === 'Delete' || value === 'Retain')) deletionPolicy = value;
    else if (Object.hasOwn(NONE, name) && /^[0-9]+$/.test(value)) budgets[name] = Number(value);
    else {
      const names = Object.keys(NONE).join(', ');
      throw new Error(`'${word}' is no bound: one of ${names} with a number, or a policy`);
    }
  }
  return bounds({ ...budgets, deletionPolicy });
}

export function boundsText({ deletionPolicy, ...budgets }: Bounds): string {
  const given = Object.entries(budgets).filter(([, count]) => count > 0);
  return [...given.map(([name, count]) => `${name}=${count}`), `policy=${deletionPolicy}`].join(
    ' ',
  );
}

/** What each change is tried with: {@link WHOLE_BOUNDS} take too long for that. */
export const QUICK_BOUNDS: readonly Bounds[] = [
  bounds({ races: 9, rotations: 1 }),
  bounds({ ticks: 1, races: 1, rotations: 1 }),
  bounds({ hands: 1, races: 1, rotations: 1, deletionPolicy: 'Retain' }),
  bounds({ hands: 1, lives: 1, losses: 1 }),
  bounds({ hands: 2 }),
];

/** From small to large: time may not be enough for all. */
export const WHOLE_BOUNDS: readonly Bounds[] = [
  bounds({ races: 9, rotations: 2, lives: 1, losses: 1 }),
  bounds({ hands: 1, rotations: 1, lives: 1 }),
  bounds({ hands: 1, rotations: 1, lives: 1, deletionPolicy: 'Retain' }),
  bounds({ hands: 1, rotations: 1, losses: 1 }),
  bounds({ hands: 2, rotations: 1 }),
  bounds({ hands: 2, lives: 1 }),
  bounds({ hands: 2, losses: 1 }),
  bounds({ hands: 1, rotations: 2, losses: 1 }),
  bounds({ hands: 1, races: 1, ticks: 1, rotations: 1 }),
  bounds({ hands: 1, races: 1, rotations: 1, lives: 1, losses: 1 }),
  bounds({ hands: 1, races: 2, whims: 1, rotations: 1 }),
  bounds({ hands: 2, rotations: 1, lives: 1 }),
  bounds({ hands: 2, rotations: 1, lives: 1, deletionPolicy: 'Retain' }),
  bounds({ hands: 2, rotations: 1, losses: 1 }),
  bounds({ hands: 2, races: 1, rotations: 1 }),
  bounds({ hands: 2, races: 2, ticks: 1, whims: 1, rotations: 2, lives: 1, losses: 1 }),
];
