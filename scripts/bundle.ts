/** The one program as an ES module and the chunks that its commands load, made by esbuild. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { bundledPackages, copyDescriptions } from './bundled-packages.ts';
import { licencesOf } from './licences.ts';
import { sbomOf } from './sbom.ts';
import { lazyBuiltins, withoutUndici, withoutUnusedModels } from './slim-packages.ts';

export const PROGRAM = 'signing-keys.mjs';
export const LICENCES = 'THIRD-PARTY-LICENSES.txt';
/** Scanners know an SBOM by the end of its name. */
export const SBOM = 'signing-keys.cdx.json';
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Packages in CommonJS ask for Node's own modules with `require`, which an ES module lacks. */
const REQUIRE = "import{createRequire as $r}from'node:module';const require=$r(import.meta.url);";

const OPTIONS = {
  absWorkingDir: ROOT,
  entryPoints: { [PROGRAM.replace('.mjs', '')]: 'src/main.ts' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // Each command's dynamic import becomes a chunk of its own: `serve` never reads what only the
  // operator needs.
  splitting: true,
  chunkNames: '[name]-[hash]',
  outExtension: { '.js': '.mjs' },
  banner: { js: REQUIRE },
  // Names stay, so that a stack trace in a log says something without the source maps. They are
  // beside the files for `node --enable-source-maps`.
  minifySyntax: true,
  minifyWhitespace: true,
  // Node prints the whole line of an uncaught error.
  lineLimit: 160,
  sourcemap: 'linked',
  // They are all in one file of their own.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  logLimit: 5,
  plugins: [withoutUnusedModels, withoutUndici, lazyBuiltins],
} as const satisfies BuildOptions;

/** What an earlier bundle may have left; `make manifests` writes into the same folder. */
const OF_A_BUNDLE = /\.mjs(?:\.map)?$/;

/**
 * Makes the bundle in a folder, in place of the one that is there. The same sources make the same
 * bytes.
 *
 * @param descriptions a folder for the package.json of each package that is in it, where wanted
 * @returns the names of the files, sorted
 */
export async function bundle(folder: string, descriptions?: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (OF_A_BUNDLE.test(name)) rmSync(join(folder, name));
  }
  const { metafile } = await build({ ...OPTIONS, outdir: folder });
  const packages = bundledPackages(metafile, ROOT);
  writeFileSync(join(folder, LICENCES), licencesOf(packages));
  writeFileSync(join(folder, SBOM), sbomOf(manifest, packages));
  if (descriptions !== undefined) copyDescriptions(packages, ROOT, descriptions);
  return [...Object.keys(metafile.outputs).map((file) => basename(file)), LICENCES, SBOM].sort();
}
