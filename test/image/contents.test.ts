import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { dockerCli, image, runOnce } from './containers.ts';

/** Nine tenths of it is the program of Node.js. */
const SIZE_MB_MAX = 190;

/** What someone who broke in would look for, and what a scanner would find holes in. */
const PROGRAMS =
  'sh|bash|dash|busybox|perl|python\\S*|curl|wget|apt|apt-get|dpkg|npm|npx|corepack|yarn';
const UNWANTED = [
  new RegExp(`(?:^|/)s?bin/(?:${PROGRAMS})$`),
  /(?:^|\/)node_modules\//,
  // Of the program itself: no sources, no maps to them, no manifest.
  /^app\/(?!.*\.mjs$)./,
];

interface Inspected {
  readonly Size: number;
  readonly Config: {
    readonly User: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[];
  };
}

async function inspected(): Promise<Inspected> {
  return JSON.parse(await dockerCli('image', 'inspect', image()))[0];
}

/** Has Docker make something of a container that never runs. */
async function ofContainer(make: (id: string) => Promise<unknown>): Promise<void> {
  const id = (await dockerCli('create', image())).trim();
  try {
    await make(id);
  } finally {
    await dockerCli('rm', '--force', id);
  }
}

/** The paths of all files in the image. */
async function paths(): Promise<readonly string[]> {
  const archive = join(temporaryFolder(), 'image.tar');
  await ofContainer((id) => dockerCli('export', '--output', archive, id));
  const { stdout } = await promisify(execFile)('tar', ['-tf', archive], { maxBuffer: 2 ** 26 });
  return stdout.trim().split('\n');
}

async function readInImage(path: string): Promise<string> {
  const copy = join(temporaryFolder(), 'copy');
  await ofContainer((id) => dockerCli('cp', `${id}:${path}`, copy));
  return readFileSync(copy, 'utf8');
}

test('it holds the program, Node.js and licences, and nothing to work with', async () => {
  const found = await paths();
  expect(found).toEqual(
    expect.arrayContaining([
      ...['app/signing-keys.mjs', 'usr/local/bin/node'],
      ...['licenses/LICENSE', 'licenses/THIRD-PARTY-LICENSES.txt', 'licenses/node/LICENSE'],
    ]),
  );
  expect(found.filter((path) => UNWANTED.some((pattern) => pattern.test(path)))).toEqual([]);
});

test('its SBOM lists what the program is bundled with', async () => {
  const { components } = JSON.parse(await readInImage('/sbom/signing-keys.cdx.json'));
  const listed = components.map(({ purl }: { purl: string }) => purl);
  const used = Object.entries(manifest.dependencies).map(
    ([name, version]) => `pkg:npm/${name.replace('@', '%40')}@${version}`,
  );
  expect(listed).toEqual(expect.arrayContaining(used));
  // More than what is named: what those need as well.
  expect(listed.length).toBeGreaterThan(used.length);
});

test.each(['/bin/sh', 'sh', 'bash', 'npm'])('%s is not there', async (program) => {
  const { exitCode, stdout } = await runOnce(['-c', 'echo here'], [`--entrypoint=${program}`]);
  expect(stdout).toBe('');
  expect(exitCode).not.toBe(0);
});

test('it says what it is, and belongs to no user of the machine', async () => {
  const { Config, Size } = await inspected();
  expect(Config.User).toBe('65532:65532');
  expect(Config.Labels).toMatchObject({
    'org.opencontainers.image.title': manifest.name,
    'org.opencontainers.image.version': manifest.version,
    'org.opencontainers.image.licenses': manifest.license,
    'org.opencontainers.image.revision': expect.stringMatching(/^(?:[0-9a-f]{40}(?:-dirty)?)$/),
  });
  // Nothing from the stage that built it.
  expect(Config.Env.filter((entry) => !entry.startsWith('PATH='))).toEqual(
    Config.Env.filter((entry) => entry.startsWith('SSL_CERT_FILE=')),
  );
  const megabytes = Math.round(Size / 1e6);
  recordFigure('imageMb', megabytes);
  expect(megabytes).toBeLessThan(SIZE_MB_MAX);
});
