import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { expect, test } from 'vitest';
import { bundledPackages, copyDescriptions } from '../../scripts/bundled-packages.ts';
import { licencesOf } from '../../scripts/licences.ts';
import { sbomOf } from '../../scripts/sbom.ts';
import { temporaryFolder } from '../support/files/temporary-folder.ts';

const PROGRAM = { name: 'signing-keys', version: '1.2.3', license: 'Apache-2.0' };

/** Installs packages, each by its folder. @returns where */
function installed(packages: Readonly<Record<string, object>>): string {
  const root = temporaryFolder();
  for (const [folder, description] of Object.entries(packages)) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'package.json'), JSON.stringify(description));
  }
  return root;
}

/** What esbuild says of a bundle: how many bytes of each file are in it. */
function metafile(bytes: Readonly<Record<string, number>>): Metafile {
  const inputs = Object.fromEntries(
    Object.entries(bytes).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
  );
  const output = { bytes: 1, imports: [], exports: [], inputs };
  return { inputs: {}, outputs: { 'dist/chunk.mjs': output } };
}

const root = () =>
  installed({
    'node_modules/sonic': { name: 'sonic', version: '5.0.2', license: 'MIT' },
    'node_modules/pino': { name: 'pino', version: '10.4.0', license: 'MIT' },
    'node_modules/pino/node_modules/sonic': { name: 'sonic', version: '4.2.1', license: 'MIT' },
    'node_modules/other/node_modules/sonic': { name: 'sonic', version: '4.2.1', license: 'MIT' },
    'node_modules/@kube/client': { name: '@kube/client', version: '2.0.1', license: 'Apache-2.0' },
    'node_modules/unused': { name: 'unused', version: '1.0.0', license: 'MIT' },
  });

const BUNDLE = metafile({
  'src/main.ts': 10,
  'left-out:undici': 10,
  'node_modules/sonic/index.js': 10,
  'node_modules/pino/lib/pino.js': 10,
  'node_modules/pino/node_modules/sonic/index.js': 10,
  'node_modules/other/node_modules/sonic/index.js': 10,
  'node_modules/@kube/client/dist/index.js': 10,
  'node_modules/unused/index.js': 0,
});

test('each version of a package of which something is in the bundle is a component, once', () => {
  const { components } = JSON.parse(sbomOf(PROGRAM, bundledPackages(BUNDLE, root())));
  const purls = components.map(({ purl }: { purl: string }) => purl);
  expect(purls).toEqual([
    'pkg:npm/%40kube/client@2.0.1',
    'pkg:npm/pino@10.4.0',
    'pkg:npm/sonic@4.2.1',
    'pkg:npm/sonic@5.0.2',
  ]);
});

test('it is CycloneDX, says what it is of, and each component has its name, version and licence', () => {
  const sbom = JSON.parse(sbomOf(PROGRAM, bundledPackages(BUNDLE, root())));
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
  expect(sbom.metadata.component).toMatchObject({
    type: 'application',
    name: 'signing-keys',
    version: '1.2.3',
  });
  expect(sbom.components[0]).toEqual({
    type: 'library',
    'bom-ref': 'pkg:npm/%40kube/client@2.0.1',
    group: '@kube',
    name: 'client',
    version: '2.0.1',
    licenses: [{ expression: 'Apache-2.0' }],
    purl: 'pkg:npm/%40kube/client@2.0.1',
  });
  expect(sbom.components[1]).not.toHaveProperty('group');
});

test.each([
  ['MIT', [{ expression: 'MIT' }]],
  ['(MIT OR CC0-1.0)', [{ expression: '(MIT OR CC0-1.0)' }]],
  // What no scanner could make sense of as an expression.
  ['SEE LICENSE IN COPYING', [{ license: { name: 'SEE LICENSE IN COPYING' } }]],
  [undefined, undefined],
])('the licence %j', (license, licenses) => {
  const where = installed({ 'node_modules/a': { name: 'a', version: '1.0.0', license } });
  const packages = bundledPackages(metafile({ 'node_modules/a/a.js': 1 }), where);
  expect(JSON.parse(sbomOf(PROGRAM, packages)).components[0].licenses).toEqual(licenses);
});

test('neither the folder of the build nor the order in which esbuild found the packages shows', () => {
  const here = sbomOf(PROGRAM, bundledPackages(BUNDLE, root()));
  const inputs = Object.entries(BUNDLE.outputs['dist/chunk.mjs']?.inputs ?? {});
  const reversed = metafile(
    Object.fromEntries(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput]).reverse()),
  );
  expect(sbomOf(PROGRAM, bundledPackages(reversed, root()))).toBe(here);
});

test('a package with neither a licence nor a file of one is refused', () => {
  const where = installed({ 'node_modules/a': { name: 'a', version: '1.0.0' } });
  const packages = bundledPackages(metafile({ 'node_modules/a/a.js': 1 }), where);
  expect(() => licencesOf(packages)).toThrow('a 1.0.0 has no licence');
});

test("the packages' own descriptions are copied for scanners, and nothing else of theirs", () => {
  const where = root();
  writeFileSync(join(where, 'node_modules/pino/index.js'), '');
  const to = temporaryFolder();
  copyDescriptions(bundledPackages(BUNDLE, where), where, to);
  const files = readdirSync(to, { recursive: true, withFileTypes: true });
  expect(
    files
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(to.length + 1))
      .sort(),
  ).toEqual([
    'node_modules/@kube/client/package.json',
    'node_modules/other/node_modules/sonic/package.json',
    'node_modules/pino/package.json',
    'node_modules/sonic/package.json',
  ]);
  const path = 'node_modules/pino/package.json';
  expect(readFileSync(join(to, path), 'utf8')).toBe(readFileSync(join(where, path), 'utf8'));
});

test('BuildKit scans the copied descriptions: the image takes something from their stage', () => {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const [, stage] =
    /^FROM scratch AS (\w+)\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nCOPY --from=\w+ \/descriptions /m.exec(
      dockerfile,
    ) ?? [];
  const image = dockerfile.split(/^FROM /m).at(-1);
  expect(image).toContain(`\nCOPY --from=${stage} `);
});
