#!/usr/bin/env node
/** The one program. Each command is loaded only when it is asked for: `serve` stays small. */
import { takeStopSignals } from './platform/cli/stop-signals.ts';
import { VERSION } from './version.ts';

interface Command {
  readonly summary: string;
  /**
   * @param stopping aborts when the program has to end in order
   * @returns the exit code
   */
  run(argv: readonly string[], stopping: AbortSignal): Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  operator: {
    summary: 'rotate the signing keys of the SigningKeySets of a cluster',
    run: async (...args) => (await import('./operator/main.ts')).runOperator(...args),
  },
  serve: {
    summary: 'answer HTTP requests for a JWKS that is mounted as a folder',
    run: async (...args) => (await import('./server/main.ts')).runServe(...args),
  },
  'smoke-test': {
    summary: 'try an installation out: make a set, verify a token, remove it again',
    run: async (...args) => (await import('./smoke/main.ts')).runSmokeTest(...args),
  },
  version: {
    summary: 'print the version',
    run: async () => {
      process.stdout.write(`${VERSION}\n`);
      return 0;
    },
  },
};

/** The exit code of everything that a user can mend on the command line. */
const EXIT_USAGE = 2;

async function main(argv: readonly string[], stopping: AbortSignal): Promise<number> {
  const [name = '', ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return await command.run(rest, stopping);
  const found = name === '' ? 'no command is given' : `there is no command '${name}'`;
  const known = Object.keys(COMMANDS).join(', ');
  process.stderr.write(`error: ${found}; write one of ${known}\n`);
  return EXIT_USAGE;
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`,
  );
  return (
    `Usage: signing-keys COMMAND [OPTIONS]\n\nCommands:\n${lines.join('')}\n` +
    'signing-keys COMMAND --help lists the options of a command.\n'
  );
}

// Not only the exit code: a handle that was forgotten must not keep a stopped program alive.
process.exit(await main(process.argv.slice(2), takeStopSignals()));
