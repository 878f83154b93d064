/**
 * Scenarios as text. The first lines describe the world (`operators 2`, `elected false`, `skew 400ms`,
 * `quiet 25s`, `horizon 20h`, `restless`). Then each line is something that happens: a moment, a verb and
 * its arguments. `rest` waits until the operators have nothing left to do, and moments count again
 * from there. `show` begins the timeline. `#` starts a comment.
 *
 * `each 1..4` makes a scenario of each number, which its lines have as `$N`.
 */
import { parseDurationMs } from '../../../src/core/formats/time.ts';

export interface Scenario {
  readonly name: string;
  readonly operators: number;
  readonly elected: boolean;
  /** How far the operators' clocks are from true time. */
  readonly skewMs: number;
  /** This long without a write is rest; longer if a lease must run out first. */
  readonly quietMs: number;
  /** A next transition further away than this is none to wait for. */
  readonly horizonMs: number;
  /**
   * Whether it ends alike however it is delayed: not if it rotates by its interval, nor if
   * it brings back a state by its number, which is another state by a detour.
   */
  readonly comparable: boolean;
  /**
   * Whether something happens while an operator is at work: then what it finds, and so the end,
   * depends on how fast it is.
   */
  readonly timed: boolean;
  readonly commands: readonly Command[];
}

export type Command =
  | { readonly kind: 'rest'; readonly text: string }
  | { readonly kind: 'show'; readonly text: string }
  | {
      readonly kind: 'act';
      /** Since the start, or since the rest before it. */
      readonly atMs: number;
      readonly verb: string;
      readonly args: readonly string[];
      readonly text: string;
    };

/** One scenario, or several if the text has `each`. */
export function parseScenarios(name: string, text: string): readonly Scenario[] {
  const range = /^each (\d+)\.\.(\d+)$/m.exec(text);
  if (range === null) return [parseScenario(name, text)];
  const [from, to] = [Number(range[1]), Number(range[2])];
  const bare = text.replace(range[0], '');
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const number = String(from + index);
    return parseScenario(`${name}@${number}`, bare.replaceAll('$N', number));
  });
}

function parseScenario(name: string, text: string): Scenario {
  const headers = new Map<string, string>();
  const commands: Command[] = [];
  for (const line of text.split('\n').map((each) => each.replace(/(^|\s)#.*/, '').trim())) {
    if (line === '') continue;
    const [first = '', ...rest] = line.split(/\s+/);
    if (HEADERS.has(first)) headers.set(first, rest[0] ?? 'true');
    else commands.push(commandOf(first, rest, line));
  }
  const operators = Number(headers.get('operators') ?? 1);
  return {
    name,
    operators,
    elected:
      headers.get('elected') === undefined ? operators > 1 : headers.get('elected') === 'true',
    skewMs: durationOf(headers.get('skew') ?? '0s'),
    quietMs: durationOf(headers.get('quiet') ?? '12s'),
    horizonMs: durationOf(headers.get('horizon') ?? '1m'),
    timed: commands.some((command) => command.kind === 'act' && command.atMs > 0),
    comparable: !headers.has('restless') && !/ restore /.test(text),
    commands,
  };
}

const HEADERS = new Set(['operators', 'elected', 'skew', 'quiet', 'horizon', 'restless']);

function commandOf(first: string, rest: readonly string[], text: string): Command {
  if (first === 'rest' || first === 'show') return { kind: first, text };
  const [verb = '', ...args] = rest;
  return { kind: 'act', atMs: durationOf(first), verb, args, text };
}

export function durationOf(text: string): number {
  const found = parseDurationMs(text.replace(/^[+-]/, ''));
  if (found === null) throw new Error(`${text} is no duration`);
  return text.startsWith('-') ? -found : found;
}
