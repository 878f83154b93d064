/**
 * The keys that wait for a worker, and whose turn it is. No group of keys (a namespace) delays another:
 * the groups take turns, in each lane. Every lane goes on whatever the others hold.
 */

/**
 * `urgent` comes before everything else. Of the rest each group first ends what it has begun: `begun`
 * before `new`. So the last new key of many begins late, and nearly everything is done when it ends.
 */
export const LANES = ['urgent', 'begun', 'new'] as const;
export type Lane = (typeof LANES)[number];

/** After so many urgent keys in a row, one of another lane has its turn. */
export const URGENT_IN_A_ROW_MAX = 8;
/** After so many begun keys of a group in a row, a new one of it has its turn: less than it takes to end one. */
export const BEGUN_IN_A_ROW_MAX = 64;

export interface Turn {
  readonly key: string;
  readonly group: string;
  readonly lane: Lane;
  /** Since when it has waited, as it was added. */
  readonly sinceMs: number;
}

/** By key, since when it waits; in the order in which they were added. */
type Line = Map<string, number>;

interface Group {
  readonly lines: Readonly<Record<Lane, Line>>;
  begunInARow: number;
}

export class WaitingKeys {
  readonly #groupOf: (key: string) => string;
  readonly #groups = new Map<string, Group>();
  readonly #laneOf = new Map<string, Lane>();
  /** The groups in the order of their turns, those with urgent keys and those with any others. */
  readonly #turns = { urgent: new Set<string>(), other: new Set<string>() };
  #urgentInARow = 0;

  /** @param groupOf the same group for the same key, always */
  constructor(groupOf: (key: string) => string) {
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#laneOf.size;
  }

  /** How many keys wait in a lane. */
  sizeOf(lane: Lane): number {
    let size = 0;
    for (const { lines } of this.#groups.values()) size += lines[lane].size;
    return size;
  }

  has(key: string): boolean {
    return this.#laneOf.has(key);
  }

  /** Adds a key that does not wait yet. */
  add(key: string, lane: Lane, sinceMs: number): void {
    const name = this.#groupOf(key);
    const group = this.#groups.get(name) ?? createGroup();
    this.#groups.set(name, group);
    group.lines[lane].set(key, sinceMs);
    this.#laneOf.set(key, lane);
    this.#turns[lane === 'urgent' ? 'urgent' : 'other'].add(name);
  }

  /** Moves a key that waits into this lane, if that one is served sooner. It keeps its waiting time. */
  raise(key: string, lane: Lane): void {
    const before = this.#laneOf.get(key);
    if (before === undefined || LANES.indexOf(before) <= LANES.indexOf(lane)) return;
    this.add(key, lane, this.#remove(this.#groupOf(key), key));
  }

  /**
   * Takes the key whose turn it is.
   * @param mayRun whether a key of this group and lane may have a worker now
   * @returns null if none may
   */
  take(mayRun: (group: string, lane: Lane) => boolean): Turn | null {
    const isOthersTurn = this.#urgentInARow >= URGENT_IN_A_ROW_MAX;
    const found =
      (isOthersTurn ? this.#takeOther(mayRun) : null) ??
      this.#takeUrgent(mayRun) ??
      this.#takeOther(mayRun);
    if (found !== null) this.#urgentInARow = found.lane === 'urgent' ? this.#urgentInARow + 1 : 0;
    return found;
  }

  clear(): void {
    this.#groups.clear();
    this.#laneOf.clear();
    this.#turns.urgent.clear();
    this.#turns.other.clear();
  }

  #takeUrgent(mayRun: (group: string, lane: Lane) => boolean): Turn | null {
    for (const group of this.#turns.urgent) {
      if (mayRun(group, 'urgent')) return this.#takeFirst(group, 'urgent', this.#turns.urgent);
    }
    return null;
  }

  #takeOther(mayRun: (group: string, lane: Lane) => boolean): Turn | null {
    for (const name of this.#turns.other) {
      const group = this.#groups.get(name);
      if (group === undefined) continue;
      const lane = nextLane(group);
      if (!mayRun(name, lane)) continue;
      group.begunInARow = lane === 'begun' ? group.begunInARow + 1 : 0;
      return this.#takeFirst(name, lane, this.#turns.other);
    }
    return null;
  }

  /** The group's next turn comes after those of all other groups. */
  #takeFirst(group: string, lane: Lane, turns: Set<string>): Turn | null {
    const [key] = this.#groups.get(group)?.lines[lane].keys() ?? [];
    if (key === undefined) return null;
    const sinceMs = this.#remove(group, key);
    if (turns.delete(group)) turns.add(group);
    return { key, group, lane, sinceMs };
  }

  /** @returns since when it waited */
  #remove(name: string, key: string): number {
    const lane = this.#laneOf.get(key);
    const group = this.#groups.get(name);
    if (lane === undefined || group === undefined) throw new RangeError(`${key} does not wait`);
    const { lines } = group;
    const sinceMs = lines[lane].get(key) ?? 0;
    lines[lane].delete(key);
    this.#laneOf.delete(key);
    if (lines.urgent.size === 0) this.#turns.urgent.delete(name);
    if (lines.begun.size + lines.new.size === 0) this.#turns.other.delete(name);
    if (LANES.every((each) => lines[each].size === 0)) this.#groups.delete(name);
    return sinceMs;
  }
}

function createGroup(): Group {
  return { lines: { urgent: new Map(), begun: new Map(), new: new Map() }, begunInARow: 0 };
}

/** Of a group with begun or new keys. */
function nextLane({ lines, begunInARow }: Group): Lane {
  if (lines.begun.size === 0) return 'new';
  return lines.new.size > 0 && begunInARow >= BEGUN_IN_A_ROW_MAX ? 'new' : 'begun';
}
