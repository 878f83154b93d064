/**
 * Flags and environment variables, declared once as data. A flag takes precedence over its environment
 * variable, and that over the default. Every mistake ends in one line and exit code 2.
 */
import { Command, CommanderError, Option } from 'commander';
import type { OptionKind } from './option-kinds.ts';

/** Flags by their name in camelCase: `leaderElect` is `--leader-elect`. */
export type OptionDeclarations = Readonly<Record<string, OptionKind<unknown>>>;

export type OptionValues<D extends OptionDeclarations> = {
  readonly [K in keyof D]: D[K] extends OptionKind<infer T> ? T : never;
};

/** What to print, and the code to end with: 0 after help, 2 after a mistake. */
export interface EarlyExit {
  readonly ok: false;
  readonly exitCode: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const ENVIRONMENT_PREFIX = 'SIGNING_KEYS_';
export const USAGE_EXIT_CODE = 2;
const SHOWN_LENGTH_MAX = 60;
/** Kubernetes sets `SIGNING_KEYS_PORT=tcp://10.0.0.1:80` if a Service is named signing-keys. */
const SERVICE_LINK = /^(?:tcp|udp|sctp):\/\//;

/**
 * Reads the flags and the environment of a program.
 * @param argv without the interpreter, the script and the command
 */
export function parseOptions<const D extends OptionDeclarations>(
  program: { readonly name: string; readonly help: string; readonly options: D },
  argv: readonly string[],
  env: Environment,
): { readonly ok: true; readonly values: OptionValues<D> } | EarlyExit {
  const command = silent(new Command(program.name)).description(program.help);
  addOptions(command, program.options);
  const stopped = parseWith(command, argv, program.name);
  if (stopped !== null) return stopped;
  const read = readValues(program.options, command.opts(), env);
  return read.ok ? { ok: true, values: read.values as OptionValues<D> } : read;
}

/** `leaderElect` → `--leader-elect` */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `leaderElect` → `SIGNING_KEYS_LEADER_ELECT` */
export function environmentVariableOf(name: string): string {
  return ENVIRONMENT_PREFIX + flagOf(name).slice(2).replaceAll('-', '_').toUpperCase();
}

/** Makes Commander throw instead of exiting, and print nothing. */
function silent(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .allowExcessArguments(false)
    .configureHelp({ helpWidth: 100 });
}

function addOptions(command: Command, options: OptionDeclarations): void {
  for (const [name, kind] of Object.entries(options)) {
    const fallback =
      kind.defaultText !== null
        ? `default ${kind.defaultText}`
        : kind.absent === 'required'
          ? 'required'
          : 'not set by default';
    const text = `${kind.help} (${fallback}; environment variable ${environmentVariableOf(name)})`;
    command.addOption(new Option(`${flagOf(name)} ${kind.placeholder}`, text));
  }
}

function parseWith(command: Command, argv: readonly string[], call: string): EarlyExit | null {
  try {
    command.parse([...argv], { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') {
      return { ok: false, exitCode: 0, stdout: command.helpInformation(), stderr: '' };
    }
    return mistake(`${oneLine(error.message)}; '${call} --help' lists the flags`);
  }
}

function readValues(
  options: OptionDeclarations,
  flags: Readonly<Record<string, unknown>>,
  env: Environment,
): { readonly ok: true; readonly values: Record<string, unknown> } | EarlyExit {
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(options)) {
    const source = sourceOf(name, kind, flags, env);
    if (source === null) {
      if (kind.absent === 'required') {
        const variable = environmentVariableOf(name);
        return mistake(`${flagOf(name)} is missing; write it, or set ${variable}`);
      }
      values[name] = kind.absent.value;
      continue;
    }
    const read = kind.read(source.text);
    if ('advice' in read)
      return mistake(`${source.where} is ${shown(source.text)}; ${read.advice}`);
    values[name] = read.value;
  }
  return { ok: true, values };
}

/** The source of a value. An empty environment variable counts as not set. */
function sourceOf(
  name: string,
  kind: OptionKind<unknown>,
  flags: Readonly<Record<string, unknown>>,
  env: Environment,
): { readonly text: string; readonly where: string } | null {
  const where = flagOf(name);
  const flag = flags[name];
  if (typeof flag === 'string') return { text: flag, where };
  if (flag === true && kind.bareText !== null) return { text: kind.bareText, where };
  const variable = environmentVariableOf(name);
  const text = env[variable] ?? '';
  const isServiceLink = variable.endsWith('_PORT') && SERVICE_LINK.test(text);
  if (text !== '' && !isServiceLink) {
    return { text, where: `the environment variable ${variable}` };
  }
  if (kind.defaultText === null) return null;
  return { text: kind.defaultText, where: `the default of ${where}` };
}

function mistake(message: string): EarlyExit {
  return { ok: false, exitCode: USAGE_EXIT_CODE, stdout: '', stderr: `error: ${message}\n` };
}

/** Commander begins with `error: ` and makes a suggestion on a second line. */
function oneLine(message: string): string {
  const line = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they come from the command line.
  return line.replace(/[\u0000-\u001f\u007f]/g, '?').slice(0, 300);
}

function shown(text: string): string {
  const cut = text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
  return cut === '' ? 'empty' : JSON.stringify(cut).replace(/^"|"$/g, "'");
}
