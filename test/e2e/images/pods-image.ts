import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { LIFETIME_VARIABLE } from '../pods/reports.ts';
import { writeDockerArchive } from './docker-archive.ts';
import { nodeRuntime } from './node-runtime.ts';
import { modulesIn } from './program-image.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PODS = 'pods/main.ts';
const ISSUER_BLOCK = /```js\n(\/\/ issuer\.mjs\.[\s\S]*?)```/;
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const LIFETIME = 'const LIFETIME_SECONDS = 15 * 60;';

/** Writes the image of the tests' own pods: issuers, verifiers. */
export async function writePodsImage(
  folder: string,
  archivePath: string,
  reference: string,
): Promise<void> {
  const source = join(folder, 'pods-source');
  const bundles = join(folder, 'pods');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'issuer.mjs'), documentedIssuer());
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      pods: join(ROOT, 'test/e2e', PODS),
      issuer: join(source, 'issuer.mjs'),
    },
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Packages in the older format ask for Node's modules by `require`.
    banner: { js: REQUIRE },
    // The documented issuer lies outside of the project here, and finds its one package in it.
    nodePaths: [join(ROOT, 'node_modules')],
    logLevel: 'warning',
  });
  writeDockerArchive(archivePath, {
    reference,
    entrypoint: ['/usr/local/bin/node', '/app/pods.mjs'],
    user: '65532:65532',
    entries: [...nodeRuntime(), ...modulesIn(bundles)],
  });
}

/** The documented issuer word for word, except for the one value that its readers are to choose. */
function documentedIssuer(): string {
  const page = readFileSync(join(ROOT, 'docs/issuers.md'), 'utf8');
  const block = ISSUER_BLOCK.exec(page)?.[1];
  if (block?.includes(LIFETIME) !== true) {
    throw new Error(`docs/issuers.md has no block issuer.mjs with "${LIFETIME}" in it`);
  }
  return block.replace(
    LIFETIME,
    `const LIFETIME_SECONDS = Number(process.env.${LIFETIME_VARIABLE});`,
  );
}
