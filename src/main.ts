#!/usr/bin/env -S node --disable-sigusr1
/** The one program. Each command is loaded only when it is called, so `serve` stays small. */
import { takeStopSignals } from './platform/cli/stop-signals.ts';
import { VERSION } from './version.ts';

interface Command {
  readonly summary: string;
  /**
   * @param stopping aborts when the program has to stop
   * @returns the exit code
   */
  run(argv: readonly string[], stopping: AbortSignal): Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  operator: {
    summary: 'rotate the signing keys of the SigningKeySets in a cluster',
    run: async (...args) => (await import('./operator/main.ts')).runOperator(...args),
  },
  serve: {
    summary: 'serve a JWKS over HTTP from a mounted ConfigMap',
    run: async (...args) => (await import('./server/main.ts')).runServe(...args),
  },
  'smoke-test': {
    summary: 'test an installation: create a set, verify a token, delete the set',
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

/** The exit code for everything that a user can correct on the command line. */
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
  process.stderr.write(`error: ${found}; use one of ${known}\n`);
  return EXIT_USAGE;
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`,
  );
  return (
    `Usage: signing-keys COMMAND [OPTIONS]\n\nCommands:\n${lines.join('')}\n` +
    'Run signing-keys COMMAND --help to see the options of a command.\n'
  );
}

// Exits instead of only setting the code: a forgotten handle must not keep a stopped program alive.
process.exit(await main(process.argv.slice(2), takeStopSignals()));
