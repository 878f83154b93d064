/**
 * Base images for machines on which none can be pulled: Debian packages and the project's own
 * Node.js, in the shape of the public ones that the Dockerfile names. For tests, never for users:
 * the one that builds carries the certificates of this machine.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../support/process/file-lock.ts';
import { projectCache } from './building/program-cache.ts';
import { aptInstall, isOnPath } from './debian-packages.ts';
import { type Docker, docker } from './docker.ts';

/** The build arguments of the Dockerfile. */
export interface Bases {
  readonly NODE_IMAGE: string;
  readonly RUNTIME_IMAGE: string;
}

const run = promisify(execFile);
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** Twenty seconds each on an idle machine with a near mirror. */
const BOOTSTRAP_TIMEOUT_MS = 600_000;

interface Recipe {
  readonly name: 'node' | 'runtime';
  readonly variant: 'essential' | 'extract';
  readonly packages: readonly string[];
  /** Shell lines that get the root folder as `$1`, and the paths of {@link Materials}. */
  readonly hook: string;
  /** Changes of `docker import`. */
  readonly changes: readonly string[];
}

const RECIPES: readonly Recipe[] = [
  {
    name: 'node',
    variant: 'essential',
    packages: ['libatomic1', 'libstdc++6'],
    hook: `
      mkdir -p "$1/usr/local/bin" "$1/usr/local/lib/node_modules" "$1/etc/ssl/certs"
      cp "$NODE" "$1/usr/local/bin/node"
      cp -r "$NPM" "$1/usr/local/lib/node_modules/npm"
      ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
      echo 'A base for tests. The licence of Node.js: https://github.com/nodejs/node' \
        > "$1/usr/local/LICENSE"
      if [ -f ${CERTIFICATES} ]; then cp -L ${CERTIFICATES} "$1${CERTIFICATES}"; fi
    `,
    changes: [`ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`],
  },
  {
    // What gcr.io/distroless/cc has: libraries, a user, and nothing that could be run.
    name: 'runtime',
    variant: 'extract',
    packages: ['libc6', 'libgcc-s1', 'libstdc++6'],
    hook: `
      rm -rf "$1"/dev/* "$1"/etc/apt "$1"/etc/dpkg "$1"/usr/share/doc "$1"/usr/share/man
      echo 'root:x:0:0:root:/root:/sbin/nologin' > "$1/etc/passwd"
      echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >> "$1/etc/passwd"
      echo 'nonroot:x:65532:' > "$1/etc/group"
    `,
    changes: [],
  },
];

interface Materials {
  readonly NODE: string;
  readonly NPM: string;
}

/** Makes sure that both are in Docker's store. Made once and kept in the project's cache. */
export async function ensureLocalBases(
  onProgress: (line: string) => void,
  where: Docker,
): Promise<Bases> {
  const materials = await findMaterials();
  const tags = await Promise.all(
    RECIPES.map(async (recipe) => {
      const key = keyOf(recipe, materials);
      const tag = `signing-key-operator-base/${recipe.name}:${key}`;
      if (await hasImage(where, tag)) return tag;
      const archive = await archiveOf(recipe, key, materials, onProgress);
      const changes = recipe.changes.flatMap((change) => ['--change', change]);
      await docker(where, ['import', ...changes, archive, tag]);
      return tag;
    }),
  );
  return { NODE_IMAGE: tags[0] ?? '', RUNTIME_IMAGE: tags[1] ?? '' };
}

async function hasImage(where: Docker, tag: string): Promise<boolean> {
  return (await docker(where, ['images', '--quiet', tag])).trim() !== '';
}

/** The root file system as an archive, from the cache or made now. */
async function archiveOf(
  recipe: Recipe,
  key: string,
  materials: Materials,
  onProgress: (line: string) => void,
): Promise<string> {
  const folder = projectCache('image-bases');
  const archive = join(folder, `${recipe.name}-${key}.tar`);
  await withFileLock(join(folder, `${recipe.name}.lock`), async () => {
    if (existsSync(archive)) return;
    onProgress(`making the base image '${recipe.name}' (once; about half a minute)`);
    if (!(await isOnPath('mmdebstrap'))) await aptInstall(['mmdebstrap'], onProgress);
    await bootstrap(recipe, archive, materials);
  });
  return archive;
}

async function bootstrap(recipe: Recipe, archive: string, materials: Materials): Promise<void> {
  mkdirSync(dirname(archive), { recursive: true });
  const aside = archive.replace(/\.tar$/, `.${process.pid}.tar`);
  try {
    const args = [
      '--quiet',
      `--variant=${recipe.variant}`,
      `--include=${recipe.packages.join(',')}`,
      `--customize-hook=${recipe.hook}`,
      suiteOfHost(),
      aside,
    ];
    const env = { ...process.env, ...materials };
    await run('mmdebstrap', args, { env, timeout: BOOTSTRAP_TIMEOUT_MS });
    renameSync(aside, archive);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The machine's own suite, so that its mirrors and keys fit. */
function suiteOfHost(): string {
  const text = readFileSync('/etc/os-release', 'utf8');
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1];
  if (suite === undefined) throw new Error('local base images need Debian: no VERSION_CODENAME');
  return suite;
}

async function findMaterials(): Promise<Materials> {
  const npmRoot = (await run('npm', ['root', '--global'])).stdout.trim();
  const own = join(npmRoot, 'npm');
  // Inside an npm script `npm` is the host's, but its prefix may be that of another Node.js.
  const NPM = existsSync(own) ? own : dirname(dirname(await pathOfNpm()));
  return { NODE: realpathSync(process.execPath), NPM };
}

async function pathOfNpm(): Promise<string> {
  return realpathSync((await run('sh', ['-c', 'command -v npm'])).stdout.trim());
}

function keyOf(recipe: Recipe, { NPM }: Materials): string {
  const npm = readFileSync(join(NPM, 'package.json'), 'utf8');
  const certificates = existsSync(CERTIFICATES) ? readFileSync(CERTIFICATES, 'utf8') : '';
  const perRecipe = recipe.name === 'node' ? [process.version, npm, certificates] : [];
  const text = JSON.stringify([recipe, process.arch, ...perRecipe]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
