import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBinaries } from '../../cluster/control-plane/binaries.ts';
import { readVersions } from '../../cluster/control-plane/versions.ts';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import type { Builder } from './go-build.ts';
import { cacheFolder } from './program-cache.ts';

// test/cluster/api/downloaded-programs.test.ts has the same with the real setup-envtest.

const versions = readVersions();
const PROGRAMS = ['etcd', 'kube-apiserver', 'kubectl'];
/** Another patch release than the one that would be built, of the same minor release. */
const OTHER_PATCH = versions.kubernetes.replace(/\d+$/, '99');

function put(path: string, script: string): string {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** What setup-envtest leaves: the programs in a folder that nobody may write to. */
function setupOf(version: string): string {
  return `
for arg in "$@"; do case $arg in --bin-dir=*) bin=\${arg#--bin-dir=};; esac; done
folder=$bin/k8s/1.36.99-linux-amd64
mkdir -p "$folder"
for name in ${PROGRAMS.join(' ')}; do
  printf '#!/bin/sh\\necho ${version}\\n' > "$folder/$name"
  chmod 0555 "$folder/$name"
done
chmod 0555 "$folder"
echo one >> "$(dirname "$0")/runs"
`;
}

function world(setup: string) {
  const env = { XDG_CACHE_HOME: temporaryFolder() };
  const tool = put(join(temporaryFolder(), 'setup-envtest'), setup);
  const built: string[] = [];
  const builder: Builder = async ({ name }, path) => {
    built.push(name);
    put(path, `echo ${versions.kubernetes} ${versions.etcd}`);
  };
  const told: string[] = [];
  const ensure = (stallLimitMs?: number) =>
    ensureBinaries((line) => told.push(line), {
      env,
      builder,
      download: { tool: async () => tool, ...(stallLimitMs === undefined ? {} : { stallLimitMs }) },
    });
  const folders = () => readdirSync(cacheFolder(env)).filter((name) => !name.endsWith('.lock'));
  return { env, built, told, ensure, folders };
}

test('what can be downloaded is not built, and is downloaded once', async () => {
  const { ensure, built, told, folders, env } = world(setupOf(OTHER_PATCH));
  const first = await ensure();
  expect(told).toEqual([expect.stringMatching(/downloaded .*MB.* Go builds them .*minutes/)]);
  expect(await ensure()).toEqual(first);
  expect(told).toHaveLength(1);
  expect(built).toEqual([]);
  const [folder = ''] = folders();
  expect(folder).toMatch(/^envtest-kubernetes-v\d+\.\d+-[a-z]+-[a-z0-9]+$/);
  expect(readdirSync(join(cacheFolder(env), folder)).toSorted()).toEqual(PROGRAMS);
});

test('what was built before wins over a download', async () => {
  const { env, builder } = { ...world(''), ...builderOf() };
  await ensureBinaries(() => undefined, { env, builder, download: null });
  const tool = async () => {
    throw new Error('nobody may ask for it');
  };
  const told: string[] = [];
  await ensureBinaries((line) => told.push(line), { env, builder, download: { tool } });
  expect(told).toEqual([]);
});

function builderOf(): { readonly builder: Builder } {
  return {
    builder: async (_, path) => {
      put(path, `echo ${versions.kubernetes} ${versions.etcd}`);
    },
  };
}

test('a broken cache of downloaded programs is filled again', async () => {
  const { ensure, built } = world(setupOf(OTHER_PATCH));
  const { etcd, kubectl } = await ensure();
  writeFileSync(`${etcd}.new`, '');
  put(kubectl, 'exit 1');
  const again = await ensure();
  expect(again.kubectl).toBe(kubectl);
  expect(built).toEqual([]);
  expect(await ensure()).toEqual(again);
});

test.each([
  ['says why', 'echo "unable to get index" >&2; exit 2', 'unable to get index'],
  ['says nothing', 'exit 2', 'setup-envtest ended with exit code 2'],
  ['leaves nothing', 'exit 0', /k8s/],
  ['is of another version', setupOf('v1.9.0'), /kubectl was downloaded, but it says "v1.9.0"/],
  [
    'leaves programs that do not run',
    setupOf('v1\\nexit 1'),
    /etcd was downloaded, but it does not run/,
  ],
])('a download that fails is followed by the build: it %s', async (_, setup, reason) => {
  const { ensure, built, told } = world(setup);
  const { kubeApiserver } = await ensure();
  expect(built.toSorted()).toEqual(PROGRAMS);
  expect(kubeApiserver).toContain(versions.cacheKey);
  expect(told[1]).toMatch(/^nothing was downloaded: /);
  expect(told[1]).toMatch(reason);
});

test('a download from which nothing comes is ended', async () => {
  const { ensure, built, told } = world('exec sleep 600');
  await ensure(500);
  expect(told[1]).toBe('nothing was downloaded: nothing came for 0.5 s');
  expect(built.toSorted()).toEqual(PROGRAMS);
});

test('a download that is slow but goes on is not ended', async () => {
  const slow = `for i in 1 2 3 4 5 6; do echo x >> "$TMPDIR/archive"; sleep 0.3; done`;
  const { ensure, told } = world(`${slow}\n${setupOf(OTHER_PATCH)}`);
  await ensure(1500);
  expect(told).toHaveLength(1);
});
