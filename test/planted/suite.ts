/** Some of the tests as a catcher. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catcher, Find, Judges, Task } from './catcher.ts';
import { type Ran, run } from './run.ts';

/** Vitest's report, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    /** The file. */
    readonly name: string;
    readonly status: string;
    /** Why the file itself could not be run. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** A slow machine is no bug: only a test that hangs takes as long as this. */
const TEST_TIMEOUT_MS = 120_000;

/** @param paths files and folders of tests; one that is not there is left out */
export function suite(name: string, judges: Judges, paths: readonly string[]): Catcher {
  return {
    name,
    judges,
    look: async (task) => {
      const failure = await firstFailure(paths, task);
      if (failure === null) return null;
      return { by: name, judges, promise: 'tests', ...failure };
    },
  };
}

async function firstFailure(paths: readonly string[], task: Task): Promise<Failure | null> {
  const { folder, signal, say } = task;
  const there = paths.filter((path) => existsSync(join(folder, path)));
  if (there.length === 0) {
    say('not there');
    return null;
  }
  say('running');
  // Not from its standard output, which the tests and other reporters write to as well.
  const reportFolder = mkdtempSync(join(tmpdir(), 'signing-key-operator-report-'));
  const report = join(reportFolder, 'report.json');
  try {
    const ran = await run([...vitest(folder, report), ...there], { cwd: folder, signal });
    if (ran.status === null) return null;
    if (ran.status !== 0) return failureIn(report, folder, ran);
    say('nothing');
    return null;
  } finally {
    rmSync(reportFolder, { recursive: true, force: true });
  }
}

function vitest(folder: string, report: string): readonly string[] {
  const program = join(folder, 'node_modules/vitest/vitest.mjs');
  const projects = ['--project', 'unit', '--project', 'fast'];
  // One core for the tests: the simulator has the other.
  const bounds = ['--bail', '1', '--maxWorkers', '1', '--testTimeout', String(TEST_TIMEOUT_MS)];
  return [program, 'run', ...projects, ...bounds, '--reporter', 'json', '--outputFile', report];
}

type Failure = Pick<Find, 'after' | 'message'>;

function failureIn(path: string, folder: string, { lines }: Ran): Failure {
  if (!existsSync(path)) throw new Error(`the tests left no report: ${lines.join('\n')}`);
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed === undefined) continue;
    const message = failed.failureMessages[0] ?? '';
    return { after: `${fileOf(name, folder)}: ${failed.fullName}`, message: firstLine(message) };
  }
  const broken = testResults.find(({ status }) => status === 'failed');
  if (broken === undefined) {
    throw new Error(`the tests failed without a failed test: ${lines.join('\n')}`);
  }
  return { after: fileOf(broken.name, folder), message: firstLine(broken.message) };
}

/** As seen from the copy, whatever its temporary folder is really called. */
function fileOf(path: string, folder: string): string {
  return path.slice(path.indexOf(folder) + folder.length + 1);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
