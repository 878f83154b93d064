/** The keys' lives as bars over one time axis. */
import type { KeyLife, KeyState, Mark } from '../record/chronicle.ts';

export interface Axis {
  readonly startMs: number;
  /** Of one column. */
  readonly stepMs: number;
  readonly columns: number;
}

/** The axis holds `expectedMs`, or more if it has taken longer. */
export function axisFor(startMs: number, nowMs: number, expectedMs: number, columns: number): Axis {
  const spanMs = Math.max(expectedMs, nowMs - startMs);
  return { startMs, stepMs: spanMs / columns, columns };
}

/** The state in each column that has begun; null before the key was published. */
export function bar(life: KeyLife, axis: Axis, nowMs: number): readonly (KeyState | null)[] {
  const begun = Math.min(axis.columns, Math.ceil((nowMs - axis.startMs) / axis.stepMs));
  return Array.from({ length: Math.max(0, begun) }, (_, column) => {
    const endMs = Math.min(nowMs, axis.startMs + (column + 1) * axis.stepMs);
    return life.changes.findLast(({ atMs }) => atMs <= endMs)?.state ?? null;
  });
}

const LABEL_STEPS_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600] as const;
const LABEL_COLUMNS_MIN = 9;

/** `0s       10s       20s`, each label at its column. */
export function ruler({ stepMs, columns }: Axis): string {
  const wantedS = (LABEL_COLUMNS_MIN * stepMs) / 1000;
  const labelS = LABEL_STEPS_S.find((step) => step >= wantedS) ?? 86_400;
  let line = '';
  for (let atS = 0; ; atS += labelS) {
    const column = Math.round((atS * 1000) / stepMs);
    const label = `${atS}s`;
    if (column + label.length > columns) return line.padEnd(columns);
    line = line.padEnd(column) + label;
  }
}

/** The incidents' symbols, each in its column; of two in one column the later one moves on. */
export function markLine(marks: readonly Mark[], { startMs, stepMs, columns }: Axis): string {
  const cells = new Array<string>(columns).fill(' ');
  for (const { atMs, symbol } of marks) {
    let column = Math.floor((atMs - startMs) / stepMs);
    while (column < columns && cells[column] !== ' ') column++;
    if (column < columns) cells[column] = symbol;
  }
  return cells.join('');
}
