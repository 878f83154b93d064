/** How far each exploration goes. A bound is small enough to be explored wholly. */
import type { Spec } from '../../src/core/formats/spec.ts';
import type { Budgets } from './model/state.ts';

export type Bounds = Budgets & Pick<Spec, 'deletionPolicy'>;

const NONE: Bounds = {
  hands: 0,
  races: 0,
  ticks: 0,
  whims: 0,
  rotations: 0,
  lives: 0,
  losses: 0,
  deletionPolicy: 'Delete',
};

export function bounds(some: Partial<Bounds>): Bounds {
  return { ...NONE, ...some };
}

export function boundsText(of: Bounds): string {
  const { deletionPolicy, ...budgets } = of;
  const given = Object.entries(budgets).filter(([, count]) => count > 0);
  return [...given.map(([name, count]) => `${name}=${count}`), `policy=${deletionPolicy}`].join(' ');
}
