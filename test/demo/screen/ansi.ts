/** Colours and cursor of a terminal (ECMA-48), as far as the screen needs them. */

const RESET = '\u001b[0m';

function style(code: string): (text: string) => string {
  return (text) => (text === '' ? '' : `\u001b[${code}m${text}${RESET}`);
}

export const paint = {
  bold: style('1'),
  dim: style('2'),
  red: style('31'),
  redBold: style('1;31'),
  green: style('32'),
  greenBold: style('1;32'),
  yellow: style('33'),
  blue: style('34'),
  cyan: style('36'),
  magenta: style('35'),
} as const;

export const terminal = {
  /** A screen of its own, without a cursor; what was there before comes back with `leave`. */
  enter: '\u001b[?1049h\u001b[?25l',
  leave: '\u001b[?25h\u001b[?1049l',
  home: '\u001b[H',
  clearLine: '\u001b[K',
  clearBelow: '\u001b[J',
} as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what marks a style's begin and end.
const STYLES = /\u001b\[[0-9;]*m/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above; the group keeps the styles.
const STYLES_KEPT = /(\u001b\[[0-9;]*m)/;

export function plainText(text: string): string {
  return text.replace(STYLES, '');
}

/** Pads by what is seen. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - plainText(text).length));
}

/** Cuts by what is seen; where something is cut, it ends in `…`. */
export function clip(text: string, width: number): string {
  if (plainText(text).length <= width) return text;
  let seen = 0;
  let clipped = '';
  for (const part of text.split(STYLES_KEPT)) {
    if (part.startsWith('\u001b')) {
      clipped += part;
      continue;
    }
    const room = Math.max(0, width - 1 - seen);
    clipped += part.slice(0, room);
    seen += part.length;
  }
  return `${clipped}…`;
}

/** Breaks at spaces, so that no line is longer than `width`. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
