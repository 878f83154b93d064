import { join } from 'node:path';
import type { Program } from '../../tools/building/program.ts';
import {
  cacheFolder,
  type EnsureOptions,
  ensureShelf,
  isWhole,
  probe,
} from '../../tools/building/program-cache.ts';
import { type DownloadOptions, download, downloadedBefore } from './envtest.ts';
import { controlPlanePrograms } from './programs.ts';
import { readVersions } from './versions.ts';

/** Paths of programs; each of them has been run once. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

export interface BinariesOptions extends EnsureOptions {
  /** Null: only what was built counts, for programs that must be of exactly one version. */
  readonly download?: Omit<DownloadOptions, 'env'> | null;
}

const FORECAST =
  'etcd, kube-apiserver and kubectl are needed once. They are downloaded (about 60 MB). If that ' +
  'fails, which shows within a minute, Go builds them (about eight minutes on two cores)';

/**
 * Finds the programs of the control plane: in the folder that KUBEBUILDER_ASSETS names (as for envtest),
 * or else in the project's cache. If they are in neither, it downloads them into that cache. If that
 * fails, it builds them. It runs each program once to check it. `onProgress` gets lines for people.
 */
export async function ensureBinaries(
  onProgress: (line: string) => void,
  options: BinariesOptions = {},
): Promise<Binaries> {
  const env = options.env ?? process.env;
  const versions = readVersions();
  const programs = controlPlanePrograms(versions);
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return fromAssets(assets, programs);
  const shelf = { cacheKey: versions.cacheKey, programs };
  const built = join(cacheFolder(env), versions.cacheKey);
  if (await isWhole(built, programs)) return binariesIn(built);
  if (options.download !== null) {
    const before = await downloadedBefore(versions, env);
    if (before !== null) return binariesIn(before);
    onProgress(FORECAST);
    const downloaded = await download(versions, onProgress, { ...options.download, env });
    if (downloaded !== null) return binariesIn(downloaded);
  }
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
