/** The workflows can't be run here, so what can be judged of them is. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { ensureTool } from '../tools/go-tool.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.github/workflows');
const FILES = readdirSync(FOLDER);
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

async function actionlint(...files: readonly string[]): Promise<string> {
  const tool = await ensureTool('actionlint', (line) => void process.stderr.write(`${line}\n`));
  // What else a machine has must not change the judgement.
  const args = ['-no-color', '-shellcheck=', '-pyflakes=', ...files];
  const ended = promisify(execFile)(tool, args, { cwd: ROOT });
  return (await ended.catch((error: { stdout: string }) => error)).stdout;
}

test('actionlint finds nothing', async () => {
  expect(await actionlint(...FILES.map((file) => join(FOLDER, file)))).toBe('');
});

test('actionlint would find a wrong word', async () => {
  const file = join(temporaryFolder(), 'odd.yml');
  writeFileSync(file, read('.github/workflows/ci.yml').replaceAll('matrix.runner', 'matrix.runer'));
  expect(await actionlint(file)).toContain('property "runer" is not defined');
});

describe.each(FILES)('%s', (file) => {
  const text = read(`.github/workflows/${file}`);

  test('names every action of others by its commit', () => {
    const used = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map((match) => match[1] ?? '');
    expect(used.length).toBeGreaterThan(0);
    const loose = used.filter((name) => !/^(?:\.\/\S+|[\w./-]+@[0-9a-f]{40} # v\d\S*)$/.test(name));
    expect(loose).toEqual([]);
  });

  test('has no right but those that it names', () => {
    expect(parse(text)).toHaveProperty('permissions', { contents: 'read' });
  });

  test('stops where a command fails, in the middle of a pipe as well', () => {
    // GitHub sets `pipefail` only if the shell is named.
    expect(parse(text)).toHaveProperty('defaults.run.shell', 'bash');
  });

  test('calls make targets and npm scripts that are there', () => {
    const makefile = read('Makefile');
    const { scripts } = JSON.parse(read('package.json'));
    for (const [, target] of text.matchAll(/\bmake ([a-z][a-z-]*)$/gm)) {
      expect(makefile).toContain(`\n${target}: `);
    }
    for (const [, script] of text.matchAll(/npm run --silent ([a-z:]+)/g)) {
      expect(Object.keys(scripts)).toContain(script);
    }
  });
});

interface Job {
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly run?: string }[];
}

describe('a release', () => {
  const jobs: Readonly<Record<string, Job>> = parse(read('.github/workflows/release.yml')).jobs;
  const trusted = Object.keys(jobs).filter((name) =>
    Object.values(jobs[name]?.permissions ?? {}).includes('write'),
  );

  /** All jobs that have to succeed before one of them begins. */
  function before(name: string): readonly string[] {
    const needs = [jobs[name]?.needs ?? []].flat();
    return [...needs, ...needs.flatMap(before)];
  }

  test.each(trusted)('%s, which may write and sign, runs nothing that npm installs', (name) => {
    const commands = jobs[name]?.steps?.map(({ run }) => run ?? '').join('\n');
    expect(commands).not.toMatch(/\b(?:npm|npx|node|make)\b/);
  });

  test.each(trusted)('%s waits for every test of the commit', (name) => {
    const tests = before(name).map((needed) => jobs[needed]?.uses);
    expect(tests).toContain('./.github/workflows/ci.yml');
    expect(tests).toContain('./.github/workflows/e2e.yml');
  });

  test('is verified by its own workflow and its own tag', () => {
    const signing = FILES.filter((file) => read(`.github/workflows/${file}`).includes('id-token'));
    expect(signing).toEqual(['release.yml']);
    const [, ...verifications] = read('docs/install.md').split(/^cosign (?=verify)/m);
    expect(verifications.length).toBeGreaterThan(1);
    for (const text of verifications) {
      expect(text.replaceAll(/\\\n\s*/g, '')).toMatch(
        /^[^\n]* --certificate-identity https:\/\/github\.com\/\S+\/\.github\/workflows\/release\.yml@refs\/tags\/vVERSION(?:\s|$)/,
      );
    }
  });
});

describe('dependency updates', () => {
  const { ignorePaths, packageRules } = JSON.parse(read('renovate.json'));
  const image = (argument: string) =>
    new RegExp(`^ARG ${argument}=([^:\\s]+):`, 'm').exec(read('Dockerfile'))?.[1];

  test('reach what is below test/', () => {
    // The recommended settings leave out every folder `test`.
    expect(ignorePaths).toEqual(['**/node_modules/**']);
  });

  test('keep the two versions of Node.js together', () => {
    const names = ['node', image('NODE_IMAGE')];
    expect(packageRules).toContainEqual(
      expect.objectContaining({ matchPackageNames: names, groupName: 'Node.js' }),
    );
  });

  test("pin the Dockerfile's images by digest, and wait for no time that is never told", () => {
    expect(packageRules).toContainEqual(
      expect.objectContaining({ matchManagers: ['dockerfile'], pinDigests: true }),
    );
    expect(packageRules).toContainEqual(
      expect.objectContaining({
        matchPackageNames: [image('RUNTIME_IMAGE')],
        minimumReleaseAge: null,
      }),
    );
  });
});

test('the image is built by the Node.js that the project runs on', () => {
  const { devDependencies } = JSON.parse(read('package.json'));
  expect(read('Dockerfile')).toContain(`/node:${devDependencies.node}-`);
});
