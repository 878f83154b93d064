import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  choice,
  duration,
  type HostPort,
  hostPort,
  integer,
  optionalText,
  port,
  requiredText,
  text,
  toggle,
} from '../../../src/platform/cli/option-kinds.ts';
import {
  type EarlyExit,
  environmentVariableOf,
  flagOf,
  parseOptions,
} from '../../../src/platform/cli/options.ts';

const OPTIONS = {
  workers: integer({ min: 1, max: 64, default: 4, help: 'passes at a time' }),
  resync: duration({ minMs: 1000, maxMs: 3_600_000, default: 300_000, help: 'list again' }),
  logFormat: choice({ choices: ['json', 'pretty'], default: 'json', help: 'form of the log' }),
  leaderElect: toggle({ default: false, help: 'only one of several works' }),
  listen: hostPort({ default: ':8081', help: 'where to answer' }),
  port: port({ default: 8080, help: 'the port' }),
  namespace: optionalText({ placeholder: '<name>', help: 'only this one' }),
  leaseName: text({ placeholder: '<name>', default: 'signing-keys', help: 'the lease' }),
};

const PROGRAM = { name: 'signing-keys operator', help: 'Rotates signing keys', options: OPTIONS };
const WITH_REQUIRED = {
  name: 'signing-keys serve',
  help: 'Serves a JWKS',
  options: { dir: requiredText({ placeholder: '<folder>', help: 'what to serve' }) },
};

function valuesOf(argv: string[], env: Record<string, string> = {}) {
  const parsed = parseOptions(PROGRAM, argv, env);
  if (!parsed.ok) throw new Error(parsed.stderr);
  return parsed.values;
}

function exitOf(
  argv: string[],
  env: Record<string, string> = {},
  program: Parameters<typeof parseOptions>[0] = PROGRAM,
): EarlyExit {
  const parsed = parseOptions(program, argv, env);
  if (parsed.ok) throw new Error('no mistake was found');
  return parsed;
}

describe('values', () => {
  // The charts put `extraArgs` behind their own.
  it('of a flag that is there twice are those of the last', () => {
    const twice = ['--workers=8', '--leader-elect=false', '--workers=3', '--leader-elect'];
    expect(valuesOf(twice)).toMatchObject({ workers: 3, leaderElect: true });
  });

  it('are the defaults if nothing is given', () => {
    expect(valuesOf([])).toEqual({
      workers: 4,
      resync: 300_000,
      logFormat: 'json',
      leaderElect: false,
      listen: { host: null, port: 8081 },
      port: 8080,
      namespace: null,
      leaseName: 'signing-keys',
    });
  });

  it('have the declared types', () => {
    const values = valuesOf([]);
    expectTypeOf(values.workers).toEqualTypeOf<number>();
    expectTypeOf(values.logFormat).toEqualTypeOf<'json' | 'pretty'>();
    expectTypeOf(values.leaderElect).toEqualTypeOf<boolean>();
    expectTypeOf(values.listen).toEqualTypeOf<HostPort>();
    expectTypeOf(values.namespace).toEqualTypeOf<string | null>();
  });

  it.each([
    [['--workers', '64'], {}, { workers: 64 }],
    [['--workers=1'], {}, { workers: 1 }],
    [[], { SIGNING_KEYS_WORKERS: '7' }, { workers: 7 }],
    [['--workers', '8'], { SIGNING_KEYS_WORKERS: '7' }, { workers: 8 }],
    [['--workers', '8'], { SIGNING_KEYS_WORKERS: 'nonsense' }, { workers: 8 }],
    [[], { SIGNING_KEYS_WORKERS: '' }, { workers: 4 }],
    [['--resync', '1h'], {}, { resync: 3_600_000 }],
    [['--log-format', 'pretty'], {}, { logFormat: 'pretty' }],
    [['--leader-elect'], {}, { leaderElect: true }],
    [['--leader-elect=false'], { SIGNING_KEYS_LEADER_ELECT: 'true' }, { leaderElect: false }],
    [[], { SIGNING_KEYS_LEADER_ELECT: 'true' }, { leaderElect: true }],
    [['--leader-elect', '--workers', '2'], {}, { leaderElect: true, workers: 2 }],
    [['--listen', '[::1]:0'], {}, { listen: { host: '::1', port: 0 } }],
    [['--listen', 'localhost:65535'], {}, { listen: { host: 'localhost', port: 65_535 } }],
    [['--namespace', 'auth'], {}, { namespace: 'auth' }],
    [[], { SIGNING_KEYS_PORT: '9000' }, { port: 9000 }],
    // Kubernetes sets this in every Pod of a namespace with a Service named `signing-keys`.
    [[], { SIGNING_KEYS_PORT: 'tcp://10.0.0.1:80' }, { port: 8080 }],
  ])('%j with %j', (argv, env, values) => {
    expect(valuesOf(argv, env as Record<string, string>)).toMatchObject(values);
  });
});

describe('mistakes end in one line and exit code 2', () => {
  const HELP = "'signing-keys operator --help' lists the flags";
  it.each([
    [['--worker', '2'], {}, `unknown option '--worker' (Did you mean --workers?); ${HELP}`],
    [['-w'], {}, `unknown option '-w'; ${HELP}`],
    [['--workers'], {}, `option '--workers <number>' argument missing; ${HELP}`],
    [['now'], {}, `too many arguments. Expected 0 arguments but got 1: now; ${HELP}`],
    [['--workers', '0'], {}, `--workers is '0'; write a whole number from 1 to 64`],
    [['--workers', '1e1'], {}, `--workers is '1e1'; write a whole number from 1 to 64`],
    [['--workers='], {}, `--workers is empty; write a whole number from 1 to 64`],
    [
      [],
      { SIGNING_KEYS_WORKERS: '65' },
      `the environment variable SIGNING_KEYS_WORKERS is '65'; write a whole number from 1 to 64`,
    ],
    [
      ['--resync', '1d'],
      {},
      `--resync is '1d'; write a duration from 1s to 1h, such as 1m30s (units h, m, s, ms)`,
    ],
    [['--log-format', 'xml'], {}, `--log-format is 'xml'; write one of json, pretty`],
    [['--leader-elect', 'yes'], {}, `--leader-elect is 'yes'; write true or false`],
    [
      ['--listen', '8081'],
      {},
      `--listen is '8081'; write host:port, such as 0.0.0.0:8081, [::1]:8081 or :8081`,
    ],
    [['--port', '65536'], {}, `--port is '65536'; write a whole number from 0 to 65535`],
    [
      ['--log-format', 'a\nb\u001b[31m'],
      {},
      `--log-format is 'a\\nb\\u001b[31m'; write one of json, pretty`,
    ],
    [
      ['--log-format', 'x'.repeat(1000)],
      {},
      `--log-format is '${'x'.repeat(60)}…'; write one of json, pretty`,
    ],
  ])('%j with %j', (argv, env, message) => {
    expect(exitOf(argv, env as Record<string, string>)).toEqual({
      ok: false,
      exitCode: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('says which flag is missing', () => {
    expect(exitOf([], {}, WITH_REQUIRED)).toEqual({
      ok: false,
      exitCode: 2,
      stdout: '',
      stderr: 'error: --dir is missing; write it, or set SIGNING_KEYS_DIR\n',
    });
  });

  it('has no line break or escape sequence from the command line', () => {
    const { stderr } = exitOf(['--a\n\u001b[31mb']);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).not.toContain('\u001b');
  });
});

describe('help', () => {
  it.each([[['--help']], [['-h']]])('%j lists the flags', (argv) => {
    const { exitCode, stdout } = exitOf(argv);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Usage: signing-keys operator');
    const flat = stdout.replace(/\s+/g, ' ');
    for (const [name, kind] of Object.entries(OPTIONS)) {
      expect(flat).toContain(`${flagOf(name)} ${kind.placeholder} ${kind.help}`);
      expect(flat).toContain(`environment variable ${environmentVariableOf(name)})`);
    }
    expect(flat).toContain('(default 5m; environment variable SIGNING_KEYS_RESYNC)');
    expect(flat).toContain('(not set by default; environment variable SIGNING_KEYS_NAMESPACE)');
  });

  it('lists the flags although one is missing', () => {
    expect(exitOf(['--help'], {}, WITH_REQUIRED).stdout).toContain('(required;');
  });

  it('lists the flags although another is wrong', () => {
    expect(exitOf(['--help', '--workers', '0']).exitCode).toBe(0);
  });
});
