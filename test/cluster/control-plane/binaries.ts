import { join } from 'node:path';
import type { Program } from '../../tools/building/program.ts';
import { type EnsureOptions, ensureShelf, probe } from '../../tools/building/program-cache.ts';
import { controlPlanePrograms } from './programs.ts';
import { readVersions } from './versions.ts';

/** Paths of programs; each of them has been run once. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

/**
 * Finds the programs of the control plane in the folder that KUBEBUILDER_ASSETS names (as for envtest),
 * or else in the project's cache. If they are in neither, it builds them into that cache, which takes
 * about eight minutes. It runs each program once to check it. `onProgress` gets lines for people.
 */
export async function ensureBinaries(
  onProgress: (line: string) => void,
  options: EnsureOptions = {},
): Promise<Binaries> {
  const versions = readVersions();
  const programs = controlPlanePrograms(versions);
  const assets = (options.env ?? process.env)['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return fromAssets(assets, programs);
  const shelf = { cacheKey: versions.cacheKey, programs };
  return binariesIn(await ensureShelf(shelf, onProgress, options));
}

function binariesIn(folder: string): Binaries {
  return {
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
}

/** Any version will do here: whoever sets the variable has chosen it. */
async function fromAssets(folder: string, programs: readonly Program[]): Promise<Binaries> {
  for (const { name, versionArgs } of programs) {
    const fault = await probe(join(folder, name), versionArgs, '');
    if (fault === null) continue;
    const names = programs.map((program) => program.name).toSorted();
    throw new Error(
      `KUBEBUILDER_ASSETS is ${folder}, but ${name} there ${fault}. It must hold ` +
        `${names.join(', ')}; unset it to use the project's own.`,
    );
  }
  return binariesIn(folder);
}
