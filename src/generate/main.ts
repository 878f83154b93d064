/**
 * Writes the generated files, or, with `--check`, fails if one of them is not what its source gives.
 * Run by `make generate` and `make check`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { renderChartCrd } from './render-chart-crd.ts';
import { type CrdSchema, renderTypes } from './render-types.ts';
import { renderValues, withValues } from './render-values.ts';

const CRD_FILE = 'crds/signingkeys.dev_signingkeysets.yaml';
const CHARTS = ['signing-key-operator', 'jwks-server'];

const root = new URL('../../', import.meta.url);

interface GeneratedFile {
  readonly path: string;
  readonly source: string;
  readonly text: string;
}

function generatedFiles(): readonly GeneratedFile[] {
  return [
    {
      path: 'src/api/signing-key-set.generated.ts',
      source: CRD_FILE,
      text: renderTypes(readCrdSchema(), CRD_FILE),
    },
    {
      path: 'charts/signing-key-operator/templates/crd.yaml',
      source: CRD_FILE,
      text: renderChartCrd(read(CRD_FILE), CRD_FILE),
    },
    ...CHARTS.map((chart) => {
      const path = `charts/${chart}/README.md`;
      const source = `charts/${chart}/values.yaml`;
      return { path, source, text: withValues(read(path), renderValues(read(source))) };
    }),
  ];
}

function main(args: readonly string[]): number {
  const unknown = args.find((arg) => arg !== '--check');
  if (unknown !== undefined) {
    process.stderr.write(`unknown argument '${unknown}': only --check is known\n`);
    return 2;
  }
  const files = generatedFiles();
  if (args.length === 0) {
    for (const { path, text } of files) writeFileSync(new URL(path, root), text);
    return 0;
  }
  const stale = files.filter(({ path, text }) => readIfThere(path) !== text);
  for (const { path, source } of stale) {
    process.stderr.write(`${path} is not what ${source} gives: run \`make generate\`\n`);
  }
  return stale.length === 0 ? 0 : 1;
}

function readCrdSchema(): CrdSchema {
  const crd = parse(read(CRD_FILE)) as {
    spec: { versions: { schema: { openAPIV3Schema: CrdSchema } }[] };
  };
  const [version, ...others] = crd.spec.versions;
  if (version === undefined || others.length > 0) {
    throw new Error(`${CRD_FILE} must have one version, but has ${crd.spec.versions.length}`);
  }
  return version.schema.openAPIV3Schema;
}

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

function readIfThere(path: string): string | null {
  try {
    return read(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

process.exitCode = main(process.argv.slice(2));
