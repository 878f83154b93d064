/** Everything that happens in a world, in order. Two runs are the same when their traces are. */
import { createHash } from 'node:crypto';
import type { Change } from './history.ts';

export type Entry =
  /** A request as it was answered, or not: then the status is 0. */
  | {
      readonly kind: 'request';
      readonly atMs: number;
      readonly who: string;
      readonly step: string;
      readonly status: number;
    }
  | { readonly kind: 'change'; readonly atMs: number; readonly change: Change }
  /** What the world does: people, faults, operators that come and go. */
  | { readonly kind: 'event'; readonly atMs: number; readonly mark: Mark; readonly text: string };

/** `*` a person, `!` a fault, `-` an operator's life, `#` the scenario itself. */
export type Mark = '*' | '!' | '-' | '#';

export class Trace {
  readonly entries: Entry[] = [];

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  /** Of every entry with every value in it; made only when it is asked for. */
  hash(): string {
    const hash = createHash('sha256');
    for (const entry of this.entries) hash.update(`${lineOf(entry)}\n`);
    return hash.digest('hex');
  }
}

function lineOf(entry: Entry): string {
  switch (entry.kind) {
    case 'request':
      return `${entry.atMs} ${entry.who} ${entry.step} ${entry.status}`;
    case 'event':
      return `${entry.atMs} ${entry.mark} ${entry.text}`;
    case 'change':
      return `${entry.atMs} ${JSON.stringify(entry.change)}`;
  }
}
