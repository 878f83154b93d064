import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BinariesOptions, ensureBinaries } from '../../cluster/control-plane/binaries.ts';
import { controlPlanePrograms } from '../../cluster/control-plane/programs.ts';
import { readVersions } from '../../cluster/control-plane/versions.ts';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import { type Builder, goBuilder } from './go-build.ts';
import { cacheFolder } from './program-cache.ts';

const versions = readVersions();
const ALL: readonly string[] = ['etcd', 'kubectl', 'kube-apiserver'];
const quiet = () => undefined;

/** Downloads have a test of their own. */
function ensureBuilt(options: Pick<BinariesOptions, 'env' | 'builder'>) {
  return ensureBinaries(quiet, { ...options, download: null });
}

function put(path: string, script: string, mode = 0o755): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
}

/** Makes programs that only tell their version, as the real ones do, and notes which. */
function fakeBuilder(says = `echo ${versions.kubernetes} ${versions.etcd}`) {
  const built: string[] = [];
  const builder: Builder = async ({ name }, outputPath) => {
    built.push(name);
    put(outputPath, says);
  };
  return { built, builder };
}

/** A cache that is whole, and the folder that the programs are in. */
async function filledCache() {
  const env = { XDG_CACHE_HOME: temporaryFolder() };
  await ensureBuilt({ env, builder: fakeBuilder().builder });
  return { env, folder: join(cacheFolder(env), versions.cacheKey) };
}

describe('the cache of programs', () => {
  test('is filled once, then used', async () => {
    const env = { XDG_CACHE_HOME: temporaryFolder() };
    const { built, builder } = fakeBuilder();
    const first = await ensureBuilt({ env, builder });
    expect(built).toEqual(ALL);
    expect(await ensureBuilt({ env, builder })).toEqual(first);
    expect(built).toEqual(ALL);
    const folder = join(cacheFolder(env), versions.cacheKey);
    expect(readdirSync(folder).toSorted()).toEqual(ALL.toSorted());
  });

  const faults: [string, (path: string) => void][] = [
    ['does not run', (path) => put(path, 'exit 1')],
    ['is cut off', (path) => writeFileSync(path, '')],
    ['is no program', (path) => writeFileSync(path, '\u007fELF')],
    ['is another version', (path) => put(path, 'echo v0.0.0')],
    ['is not executable', (path) => chmodSync(path, 0o644)],
  ];
  test.each(faults)('builds again only the program that %s', async (_, damage) => {
    const { env, folder } = await filledCache();
    damage(join(folder, 'kube-apiserver'));
    const { built, builder } = fakeBuilder();
    await ensureBuilt({ env, builder });
    expect(built).toEqual(['kube-apiserver']);
    await ensureBuilt({ env, builder });
    expect(built).toEqual(['kube-apiserver']);
  });

  test('removes what a killed build left', async () => {
    const { env, folder } = await filledCache();
    mkdirSync(join(folder, '.build-1'));
    put(join(folder, 'etcd'), 'exit 1');
    await ensureBuilt({ env, builder: fakeBuilder().builder });
    expect(readdirSync(folder).toSorted()).toEqual(ALL.toSorted());
  });

  test('never holds a program that does not run', async () => {
    const env = { XDG_CACHE_HOME: temporaryFolder() };
    const { builder } = fakeBuilder('exit 1');
    await expect(ensureBuilt({ env, builder })).rejects.toThrow(
      /^etcd was built, but it does not run/,
    );
    expect(readdirSync(join(cacheFolder(env), versions.cacheKey))).toEqual([]);
  });

  test('is built once when two ask at the same time', async () => {
    const env = { XDG_CACHE_HOME: temporaryFolder() };
    const { built, builder } = fakeBuilder();
    const ask = () => ensureBuilt({ env, builder });
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(one).toEqual(other);
    expect(built).toEqual(ALL);
  });
});

describe('KUBEBUILDER_ASSETS', () => {
  test('wins over the cache, in whatever version', async () => {
    const folder = temporaryFolder();
    for (const name of ALL) put(join(folder, name), 'echo v9.9.9');
    const env = { KUBEBUILDER_ASSETS: folder, XDG_CACHE_HOME: join(folder, 'cache') };
    const { built, builder } = fakeBuilder();
    const binaries = await ensureBuilt({ env, builder });
    expect(binaries.kubeApiserver).toBe(join(folder, 'kube-apiserver'));
    expect(built).toEqual([]);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });

  test.each<[string, (path: string) => void]>([
    ['is missing', () => undefined],
    ['is not executable', (path) => put(path, 'echo v9.9.9', 0o644)],
    ['does not run', (path) => put(path, 'exit 1')],
  ])('that lacks a program is an error that names it: %s', async (fault, put3rd) => {
    const folder = temporaryFolder();
    for (const name of ['etcd', 'kube-apiserver']) put(join(folder, name), 'echo v9.9.9');
    put3rd(join(folder, 'kubectl'));
    await expect(ensureBinaries(quiet, { env: { KUBEBUILDER_ASSETS: folder } })).rejects.toThrow(
      `KUBEBUILDER_ASSETS is ${folder}, but kubectl there ${fault}`,
    );
  });
});

test('without Go there is one error with both remedies', async () => {
  const builder = goBuilder({ PATH: temporaryFolder() });
  const [etcd] = controlPlanePrograms(versions);
  if (etcd === undefined) throw new Error('there are no programs');
  await expect(builder(etcd, '/nowhere/etcd', quiet)).rejects.toThrow(
    /Go is not installed\. Either install Go \d+\.\d+\S* or later, or set KUBEBUILDER_ASSETS/,
  );
});

test('the key of the cache has the versions and the machine in it', () => {
  expect(versions.cacheKey).toMatch(
    /^kubernetes-v\d+\.\d+\.\d+-etcd-v\d+\.\d+\.\d+-[a-z]+-[a-z0-9]+-[0-9a-f]{12}$/,
  );
});
