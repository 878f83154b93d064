/**
 * Programs that the tests use as they are, each built once from its Go module into the project's
 * cache. A path in the environment wins: `HELM=/usr/bin/helm`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { projectCache } from '../cluster/control-plane/binaries.ts';
import { withFileLock } from '../cluster/control-plane/file-lock.ts';
import { buildWithGo } from '../cluster/control-plane/go-package.ts';

export type ToolName = 'helm' | 'actionlint';

interface Tool {
  readonly module: string;
  readonly path: string;
  readonly usualTime: string;
  /** Linker flags that tell the program its version. */
  readonly linkerFlags: (version: string) => readonly string[];
  /** How it is asked for its version. */
  readonly probe: readonly string[];
}

const TOOLS: Readonly<Record<ToolName, Tool>> = {
  helm: {
    module: 'helm.sh/helm/v4',
    path: 'helm.sh/helm/v4/cmd/helm',
    usualTime: 'three minutes',
    linkerFlags: (version) => [`-X helm.sh/helm/v4/internal/version.version=${version}`],
    probe: ['version', '--short'],
  },
  actionlint: {
    module: 'github.com/rhysd/actionlint',
    path: 'github.com/rhysd/actionlint/cmd/actionlint',
    usualTime: 'half a minute',
    linkerFlags: (version) => [`-X github.com/rhysd/actionlint.version=${version.slice(1)}`],
    probe: ['-version'],
  },
};

const PROBE_TIMEOUT_MS = 60_000;

/** @returns the path of a program that runs */
export async function ensureTool(
  name: ToolName,
  onProgress: (line: string) => void,
): Promise<string> {
  const given = process.env[name.toUpperCase()] ?? '';
  if (given !== '') {
    await probe(name, given);
    return given;
  }
  const moduleFolder = fileURLToPath(new URL(`${name}/`, import.meta.url));
  const { version, go, key } = readModule(name, moduleFolder);
  const folder = projectCache('tools');
  const program = join(folder, `${name}-${key}`);
  await withFileLock(`${program}.lock`, async () => {
    if (existsSync(program)) return;
    const { path, usualTime, linkerFlags } = TOOLS[name];
    // Built aside, run once, then renamed: a name in the cache is a program that works.
    const aside = join(folder, `.build-${name}-${process.pid}`);
    mkdirSync(aside, { recursive: true });
    try {
      const outputPath = join(aside, name);
      const words = {
        withoutGo: `${name} is built once from its Go module`,
        instead: `set ${name.toUpperCase()} to the path of ${name}`,
      };
      await buildWithGo(
        {
          ...{ name, version, path, moduleFolder, usualTime },
          ...{ linkerFlags: linkerFlags(version), ...words },
        },
        { go, ...machine(), outputPath, env: process.env, onProgress },
      );
      await probe(name, outputPath);
      renameSync(outputPath, program);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  });
  return program;
}

/** The version stands in `go.mod` alone; another module or machine is another name in the cache. */
function readModule(name: ToolName, folder: string) {
  const text = readFileSync(join(folder, 'go.mod'), 'utf8');
  const escaped = TOOLS[name].module.replaceAll('.', '\\.');
  const version = new RegExp(`^\\s*(?:require )?${escaped} (v\\S+)`, 'm').exec(text)?.[1];
  const go = /^go (\S+)/m.exec(text)?.[1];
  if (version === undefined || go === undefined)
    throw new Error(`${folder}go.mod names no ${name}`);
  const { os, architecture } = machine();
  const input = JSON.stringify([text, TOOLS[name].linkerFlags(version)]);
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 12);
  return { version, go, key: `${version}-${os}-${architecture}-${hash}` };
}

/** Go's names; Node's differ from them in one place that matters. */
function machine() {
  return { os: process.platform, architecture: process.arch === 'x64' ? 'amd64' : process.arch };
}

async function probe(name: ToolName, path: string): Promise<void> {
  try {
    await promisify(execFile)(path, [...TOOLS[name].probe], { timeout: PROBE_TIMEOUT_MS });
  } catch (error) {
    throw new Error(`${path} is to be ${name}, but it does not run: ${(error as Error).message}`);
  }
}
