/**
 * Programs that the tests use as they are, each built once from its Go module into the project's
 * cache. A path in the environment wins: `HELM=/usr/bin/helm`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleKey, requiredVersion } from './building/go-module.ts';
import type { Program } from './building/program.ts';
import { STRIPPED } from './building/program.ts';
import { ensureShelf, probe } from './building/program-cache.ts';

export type ToolName = 'helm' | 'actionlint' | 'setup-envtest';

interface Tool {
  readonly module: string;
  /** The program's package in its module; empty if it is the module itself. */
  readonly command: string;
  readonly usualTime: string;
  /** Where the program keeps its version, for the linker. */
  readonly versionVariable: string;
  readonly versionArgs: readonly string[];
  /** Whether its version begins with a `v`, as the module's does. */
  readonly saysV: boolean;
}

const TOOLS: Readonly<Record<ToolName, Tool>> = {
  helm: {
    module: 'helm.sh/helm/v4',
    command: 'cmd/helm',
    usualTime: 'three minutes',
    versionVariable: 'internal/version.version',
    versionArgs: ['version', '--short'],
    saysV: true,
  },
  actionlint: {
    module: 'github.com/rhysd/actionlint',
    command: 'cmd/actionlint',
    usualTime: 'half a minute',
    versionVariable: 'version',
    versionArgs: ['-version'],
    saysV: false,
  },
  'setup-envtest': {
    module: 'sigs.k8s.io/controller-runtime/tools/setup-envtest',
    command: '',
    usualTime: 'ten seconds',
    versionVariable: 'version.version',
    versionArgs: ['version'],
    saysV: true,
  },
};

/** @returns the path of a program that runs */
export async function ensureTool(
  name: ToolName,
  onProgress: (line: string) => void,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const program = programOf(name);
  const variable = variableOf(name);
  const given = env[variable] ?? '';
  if (given !== '') {
    // Any version will do here: whoever sets the variable has chosen it.
    const fault = await probe(given, program.versionArgs, '');
    if (fault !== null) throw new Error(`${variable} is ${given}, which ${fault}`);
    return given;
  }
  const cacheKey = moduleKey(`${name}-${program.version}`, program.moduleFolder);
  return join(await ensureShelf({ cacheKey, programs: [program] }, onProgress, { env }), name);
}

/** `setup-envtest` → `SETUP_ENVTEST` */
function variableOf(name: ToolName): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function programOf(name: ToolName): Program {
  const { module, command, usualTime, versionVariable, versionArgs, saysV } = TOOLS[name];
  const moduleFolder = fileURLToPath(new URL(name, import.meta.url));
  const required = requiredVersion(moduleFolder, module);
  const version = saysV ? required : required.slice(1);
  // `.version` is the module's own package; `internal/version.version` one below it.
  const separator = versionVariable.includes('.') ? '/' : '.';
  return {
    ...{ name, version, moduleFolder, versionArgs, usualTime },
    goPackage: command === '' ? module : `${module}/${command}`,
    linkerFlags: `${STRIPPED} -X ${module}${separator}${versionVariable}=${version}`,
    withoutGo: `set ${variableOf(name)} to the path of ${name}`,
  };
}
