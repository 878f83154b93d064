/** How the demo is shown: a live screen on a terminal, else lines for a log. */
import type { Writable } from 'node:stream';
import type { Chronicle } from '../record/chronicle.ts';
import type { SampleSet } from '../record/sample-set.ts';
import { terminal } from './ansi.ts';
import { describe, draw, type Picture } from './screen.ts';

export interface Show {
  /** Ends it; the last picture stays. May be called twice. */
  end(): void;
}

export interface Stage {
  readonly output: Writable & { readonly columns?: number; readonly rows?: number };
  readonly isTerminal: boolean;
  readonly set: SampleSet;
  readonly chronicle: Chronicle;
  readonly expectedMs: number;
}

const FRAME_INTERVAL_MS = 100;
const HEARTBEAT_INTERVAL_MS = 5000;

export function startShow(stage: Stage): Show {
  return stage.isTerminal ? showScreen(stage) : showLines(stage);
}

function showScreen(stage: Stage): Show {
  const { output } = stage;
  output.write(terminal.enter);
  const frame = () => {
    const lines = drawNow(stage).map((line) => line + terminal.clearLine);
    output.write(terminal.home + lines.join('\r\n') + terminal.clearBelow);
  };
  const timer = setInterval(frame, FRAME_INTERVAL_MS);
  frame();
  return once(() => {
    clearInterval(timer);
    output.write(`${terminal.leave}${drawNow(stage).join('\n')}\n`);
  });
}

function drawNow({ output, chronicle, set, expectedMs }: Stage): readonly string[] {
  const picture: Picture = {
    set,
    chronicle,
    expectedMs,
    nowMs: chronicle.nowMs(),
    columns: output.columns ?? 80,
    rows: output.rows ?? 24,
  };
  return draw(picture).slice(0, Math.max(1, picture.rows - 1));
}

/** A line for each change, and one now and then that says all is well. */
export function showLines({ output, chronicle }: Pick<Stage, 'output' | 'chronicle'>): Show {
  let quietSinceMs = chronicle.nowMs();
  const print = (line: string) => {
    quietSinceMs = chronicle.nowMs();
    output.write(`${line}\n`);
  };
  chronicle.onHappening = (happening) => print(describe(chronicle, happening));
  const timer = setInterval(() => {
    const nowMs = chronicle.nowMs();
    if (nowMs - quietSinceMs < HEARTBEAT_INTERVAL_MS) return;
    const keys = chronicle
      .lives()
      .map(({ ordinal, changes }) => ({ ordinal, state: changes.at(-1)?.state }))
      .filter(({ state }) => state !== 'Retired' && state !== 'Revoked')
      .map(({ ordinal, state }) => `#${ordinal} ${state}`);
    const revoked = chronicle.revokedTotals();
    if (revoked !== null) keys.push(`${revoked.trusting} caches trust the revoked key`);
    const counts = `signed ${chronicle.signed}, verified ${chronicle.verified()}, rejected ${chronicle.rejected()}`;
    print(
      describe(chronicle, { atMs: nowMs, tone: 'plain', text: `${counts}; ${keys.join(', ')}` }),
    );
  }, 500);
  return once(() => {
    clearInterval(timer);
    chronicle.onHappening = () => undefined;
  });
}

function once(end: () => void): Show {
  let isOver = false;
  return {
    end() {
      if (!isOver) end();
      isOver = true;
    },
  };
}
