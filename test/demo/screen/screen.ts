/** One picture of the demo as lines of text: a pure function of the chronicle. */
import { formatDurationMs } from '../../../src/core/formats/time.ts';
import {
  type Chronicle,
  type Happening,
  type KeyState,
  seconds,
  type Tone,
} from '../record/chronicle.ts';
import type { SampleSet } from '../record/sample-set.ts';
import { clip, padEnd, paint, plainText, wrap } from './ansi.ts';
import { axisFor, bar, markLine, ruler } from './timeline.ts';

export interface Picture {
  readonly set: SampleSet;
  readonly chronicle: Chronicle;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  /** How long the story takes in all, for the axis. */
  readonly expectedMs: number;
}

const STATES: { readonly [State in KeyState]: { cell: string; paint: (text: string) => string } } =
  {
    Pending: { cell: '░', paint: paint.cyan },
    Active: { cell: '█', paint: paint.green },
    Retiring: { cell: '▒', paint: paint.yellow },
    Retired: { cell: '·', paint: paint.dim },
    Revoked: { cell: '×', paint: paint.red },
  };

const TONES: { readonly [Name in Tone]: (text: string) => string } = {
  plain: (text) => text,
  wait: (text) => text,
  good: paint.green,
  notice: paint.magenta,
  bad: paint.redBold,
};

const MARKS: { readonly [symbol: string]: string } = {
  '✗': 'killed',
  '↻': 'started',
  '⟳': 'asked',
  '✂': 'deleted',
  '↶': 'back',
  '!': 'stolen',
  '⊘': 'revoked',
  '○': 'let go',
  '●': 'trust over',
};

const WIDTH_MIN = 60;
const WIDTH_MAX = 118;
/** Below it, there are no empty lines. */
const ROOMY_ROWS_MIN = 32;
/** Left and right of the bars. */
const NAME_WIDTH = 5;
const STATE_WIDTH = 10;

export function draw(picture: Picture): readonly string[] {
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, picture.columns - 2));
  const gap = picture.rows < ROOMY_ROWS_MIN ? [] : [''];
  const top = [
    ...header(picture, width),
    ...gap,
    ...timeline(picture, width),
    ...gap,
    ...waiting(picture, width),
    ...gap,
    ...tokens(picture),
    ...revoked(picture),
    ...gap,
  ];
  const left = Math.max(1, picture.rows - top.length - 2);
  return [...top, ...happenings(picture, left)].map((line) => ` ${clip(line, width)}`);
}

function header({ set, chronicle, nowMs }: Picture, width: number): readonly string[] {
  const { terms } = set;
  const title = paint.bold(`signing-key-operator · ${set.namespace}/${set.name}`);
  const operator = chronicle.isOperatorUp ? paint.green('running') : paint.redBold('KILLED');
  const right = `operator ${operator}   ${paint.bold(clock(nowMs - chronicle.startMs))}`;
  const term = (name: string, ms: number) => `${name} ${formatDurationMs(ms)}`;
  const declared = [
    term('token TTL', terms.tokenTtlMs),
    term('verifier cache', terms.verifierCacheTtlMs),
    term('mounts', terms.publicationDelayMs),
    term('leeway', terms.verifierLeewayMs),
    term('skew', terms.clockSkewMs),
    term('interval', terms.intervalMs),
  ];
  const gap = width - plainText(title).length - plainText(right).length;
  return [`${title}${' '.repeat(Math.max(1, gap))}${right}`, paint.dim(declared.join(' · '))];
}

function timeline({ chronicle, nowMs, expectedMs }: Picture, width: number): readonly string[] {
  const columns = width - NAME_WIDTH - STATE_WIDTH;
  const axis = axisFor(chronicle.startMs, nowMs, expectedMs, columns);
  const margin = ' '.repeat(NAME_WIDTH);
  const bars = chronicle.lives().map((life) => {
    const cells = bar(life, axis, nowMs).map((state) =>
      state === null ? ' ' : STATES[state].paint(STATES[state].cell),
    );
    const state = life.changes.at(-1)?.state ?? 'Pending';
    const name = paint.bold(`#${life.ordinal}`);
    return (
      padEnd(name, NAME_WIDTH) + padEnd(cells.join(''), columns) + STATES[state].paint(`  ${state}`)
    );
  });
  const states = Object.entries(STATES).map(([name, look]) => look.paint(`${look.cell} ${name}`));
  const symbols = [...new Set(chronicle.marks.map(({ symbol }) => symbol))];
  const marks = symbols.map((symbol) => `${symbol} ${MARKS[symbol] ?? ''}`);
  return [
    margin + paint.dim(ruler(axis)),
    ...bars,
    margin + paint.magenta(markLine(chronicle.marks, axis)),
    margin + states.join('  '),
    ...(marks.length === 0 ? [] : [margin + paint.magenta(marks.join('  '))]),
  ];
}

function waiting({ chronicle, nowMs }: Picture, width: number): readonly string[] {
  const next = chronicle.status.nextTransition;
  if (next === undefined) return [`${paint.bold('NEXT')}  nothing is waited for`];
  const leftMs = next.time === undefined ? null : Date.parse(next.time) - nowMs;
  let when = '';
  if (leftMs !== null) {
    when = leftMs > 0 ? ` in ${Math.ceil(leftMs / 1000)} s` : ', its time has come';
  }
  const what = `${next.action} ${chronicle.keyName(next.kid)}${when}`;
  return [
    `${paint.bold('NEXT')}  ${paint.yellow(what)}  ${paint.dim(`waiting for ${next.waitingFor}`)}`,
    ...wrap(next.explanation, width - 6).map((line) => `      ${line}`),
  ];
}

function tokens({ chronicle }: Picture): readonly string[] {
  const rejected = chronicle.rejected();
  const tally = (count: number) => (count === 0 ? paint.green('0') : paint.redBold(String(count)));
  const alive = Math.max(0, ...chronicle.verifiers.map((verifier) => verifier.alive));
  const kids = new Set(chronicle.signing.values());
  const names = [...kids].map((kid) => chronicle.keyName(kid)).join(' and ');
  const by = names === '' ? '' : ` (now with ${names})`;
  const summary =
    `${paint.bold('TOKENS')}  signed ${paint.bold(String(chronicle.signed))}${by}` +
    `   alive ${alive}   verified ${paint.greenBold(String(chronicle.verified()))}` +
    `   rejected ${tally(rejected)}`;
  const rows = chronicle.verifiers.map((verifier) => {
    const { name, kind, verified, rejected, cacheAgeMs } = verifier;
    const cache = cacheAgeMs === null ? '' : `oldest cache ${seconds(cacheAgeMs)}`;
    const about =
      verifier.revoked === null
        ? kind
        : `trust ${revokedName(chronicle)}: ${verifier.revoked.trusting} of ${verifier.caches}`;
    return (
      `  ${name.padEnd(9)}verified ${String(verified).padStart(6)}   rejected ${tally(rejected)}` +
      `   ${cache.padEnd(19)} ${paint.dim(about)}`
    );
  });
  return [summary, ...rows];
}

function revokedName(chronicle: Chronicle): string {
  const { revocation } = chronicle;
  return revocation === null ? 'the stolen key' : chronicle.keyName(revocation.kid);
}

function revoked({ chronicle, nowMs }: Picture): readonly string[] {
  const { revocation } = chronicle;
  const totals = chronicle.revokedTotals();
  if (revocation === null || totals === null) return [];
  const { revokedMs, unpublishedMs, announcedMs } = revocation;
  const after = (atMs: number | null) => (atMs === null ? '…' : seconds(atMs - revokedMs));
  const leftMs = announcedMs === null ? null : announcedMs - nowMs;
  let when = '';
  if (leftMs !== null) when = leftMs > 0 ? ` (in ${Math.ceil(leftMs / 1000)} s)` : ' (over)';
  const { accepted, refused, lastAcceptedMs, trusting, caches } = totals;
  return [
    `${paint.bold('REVOKED')}  ${paint.red(revokedName(chronicle))}, out of the JWKS after ` +
      `${after(unpublishedMs)}; announced end: ${after(announcedMs)}${when}`,
    `  tokens: ${accepted} accepted, last after ${after(lastAcceptedMs)}; ` +
      `${refused} refused; ${trusting}/${caches} caches trust it`,
  ];
}

function happenings({ chronicle }: Picture, rows: number): readonly string[] {
  const shown = chronicle.happenings.filter(({ tone }) => tone !== 'wait');
  return shown.slice(-rows).map((happening) => {
    return TONES[happening.tone](describe(chronicle, happening));
  });
}

/** A happening as one line, even if there is no screen. */
export function describe(chronicle: Chronicle, { atMs, text }: Happening): string {
  return `${clock(atMs - chronicle.startMs)}  ${text}`;
}

function clock(elapsedMs: number): string {
  const s = Math.max(0, elapsedMs) / 1000;
  const minutes = Math.floor(s / 60);
  return `${minutes}:${(Math.floor((s % 60) * 10) / 10).toFixed(1).padStart(4, '0')}`;
}
