/**
 * Makes src/api/signing-key-set.generated.ts from the CRD, or, with `--check`, fails where the
 * file is not what the CRD gives. Run by `make generate` and `make check`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type CrdSchema, renderTypes } from './render-types.ts';

const CRD_FILE = 'crds/signingkeys.dev_signingkeysets.yaml';
const TYPES_FILE = 'src/api/signing-key-set.generated.ts';

const root = new URL('../../', import.meta.url);

function main(args: readonly string[]): number {
  const unknown = args.find((arg) => arg !== '--check');
  if (unknown !== undefined) {
    process.stderr.write(`unknown argument '${unknown}': only --check is known\n`);
    return 2;
  }
  const expected = renderTypes(readCrdSchema(), CRD_FILE);
  if (args.length === 0) {
    writeFileSync(new URL(TYPES_FILE, root), expected);
    return 0;
  }
  if (readIfThere(TYPES_FILE) === expected) return 0;
  process.stderr.write(`${TYPES_FILE} is not what ${CRD_FILE} gives: run \`make generate\`\n`);
  return 1;
}

function readCrdSchema(): CrdSchema {
  const crd = parse(readFileSync(new URL(CRD_FILE, root), 'utf8')) as {
    spec: { versions: { schema: { openAPIV3Schema: CrdSchema } }[] };
  };
  const [version, ...others] = crd.spec.versions;
  if (version === undefined || others.length > 0) {
    throw new Error(`${CRD_FILE} must have one version, it has ${crd.spec.versions.length}`);
  }
  return version.schema.openAPIV3Schema;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(new URL(path, root), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

process.exitCode = main(process.argv.slice(2));
