import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Binaries, ensureBinaries } from '../../cluster/control-plane/binaries.ts';
import { kubernetesProgram } from '../../cluster/control-plane/programs.ts';
import { readVersions } from '../../cluster/control-plane/versions.ts';
import { moduleKey, requiredVersion } from '../../tools/building/go-module.ts';
import type { Program } from '../../tools/building/program.ts';
import { STRIPPED } from '../../tools/building/program.ts';
import { ensureShelf, type Shelf } from '../../tools/building/program-cache.ts';

/** Paths of everything that a node is made of, but for what comes from Debian. */
export interface NodePrograms {
  readonly controlPlane: Binaries;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly containerd: string;
  readonly containerdShim: string;
  readonly ctr: string;
  readonly coredns: string;
  readonly pause: string;
}

const REMEDY = 'name a cluster of yours in KUBECONFIG, on which the tests run then';

/**
 * Finds or builds the programs of a node. All of Kubernetes comes from the module of the control
 * plane, so that kubelet and API server are of one version: KUBEBUILDER_ASSETS, which may hold any
 * other, does not count here.
 */
export async function ensureNodePrograms(
  onProgress: (line: string) => void,
): Promise<NodePrograms> {
  const env = { ...process.env, KUBEBUILDER_ASSETS: undefined };
  const controlPlane = await ensureBinaries(onProgress, { env, download: null });
  const kubernetes = await ensureShelf(kubernetesShelf(), onProgress);
  const containerd = await ensureShelf(containerdShelf(), onProgress);
  const coredns = await ensureShelf(corednsShelf(), onProgress);
  const pause = await ensureShelf(pauseShelf(), onProgress);
  return {
    controlPlane,
    kubeControllerManager: join(kubernetes, 'kube-controller-manager'),
    kubeScheduler: join(kubernetes, 'kube-scheduler'),
    kubelet: join(kubernetes, 'kubelet'),
    kubeProxy: join(kubernetes, 'kube-proxy'),
    containerd: join(containerd, 'containerd'),
    containerdShim: join(containerd, 'containerd-shim-runc-v2'),
    ctr: join(containerd, 'ctr'),
    coredns: join(coredns, 'coredns'),
    pause: join(pause, 'pause'),
  };
}

function kubernetesShelf(): Shelf {
  const versions = readVersions();
  const program = (name: string, usualTime: string) => {
    return { ...kubernetesProgram(name, versions, usualTime), withoutGo: REMEDY };
  };
  return {
    cacheKey: versions.cacheKey,
    programs: [
      program('kube-scheduler', 'half a minute'),
      program('kube-proxy', 'half a minute'),
      program('kubelet', 'half a minute'),
      program('kube-controller-manager', 'two minutes'),
    ],
  };
}

function containerdShelf(): Shelf {
  const folder = moduleFolder('containerd');
  const version = requiredVersion(folder, 'github.com/containerd/containerd/v2');
  const program = (name: string, versionArg: string, usualTime: string): Program => ({
    name,
    goPackage: `github.com/containerd/containerd/v2/cmd/${name}`,
    moduleFolder: folder,
    version,
    versionArgs: [versionArg],
    linkerFlags: `${STRIPPED} -X github.com/containerd/containerd/v2/version.Version=${version}`,
    usualTime,
    withoutGo: REMEDY,
  });
  return {
    cacheKey: moduleKey(`containerd-${version}`, folder),
    programs: [
      program('containerd', '--version', 'one and a half minutes'),
      program('containerd-shim-runc-v2', '-v', 'ten seconds'),
      program('ctr', '--version', 'ten seconds'),
    ],
  };
}

function corednsShelf(): Shelf {
  const folder = moduleFolder('coredns');
  const version = requiredVersion(folder, 'github.com/coredns/coredns');
  const coredns: Program = {
    name: 'coredns',
    goPackage: '.',
    moduleFolder: folder,
    version: version.slice(1),
    versionArgs: ['-version'],
    linkerFlags: STRIPPED,
    usualTime: 'two minutes',
    withoutGo: REMEDY,
  };
  return { cacheKey: moduleKey(`coredns-${version}`, folder), programs: [coredns] };
}

function pauseShelf(): Shelf {
  const folder = moduleFolder('pause');
  const pause: Program = {
    name: 'pause',
    goPackage: '.',
    moduleFolder: folder,
    version: 'pause',
    versionArgs: ['--version'],
    linkerFlags: STRIPPED,
    usualTime: 'two seconds',
    withoutGo: REMEDY,
  };
  return { cacheKey: moduleKey('pause', folder), programs: [pause] };
}

function moduleFolder(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
