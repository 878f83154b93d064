import { MODULE_FOLDER, type Versions } from './versions.ts';

/** A program that is built from a Go module which pins every source by hash. */
export interface Program {
  /** Its file's name in the cache. */
  readonly name: string;
  readonly goPackage: string;
  /** The folder with the `go.mod`. */
  readonly moduleFolder: string;
  /** What it says of itself when it is asked with `versionArgs`. */
  readonly version: string;
  readonly versionArgs: readonly string[];
  readonly linkerFlags: string;
  /** How long its build takes on two cores with nothing downloaded yet. */
  readonly usualTime: string;
  /** What one may do instead where there is no Go, as in "install Go, or …". */
  readonly withoutGo: string;
}

const ASSETS = 'set KUBEBUILDER_ASSETS to a folder that holds etcd, kube-apiserver and kubectl';

/** In the order in which they are built: the quick ones first. */
export function controlPlanePrograms(versions: Versions): readonly Program[] {
  const etcd: Program = {
    name: 'etcd',
    goPackage: 'go.etcd.io/etcd/server/v3',
    moduleFolder: MODULE_FOLDER,
    version: versions.etcd.slice(1),
    versionArgs: ['--version'],
    linkerFlags: STRIPPED,
    usualTime: 'half a minute',
    withoutGo: ASSETS,
  };
  const kubectl = kubernetesProgram('kubectl', versions, 'one minute');
  return [
    etcd,
    { ...kubectl, versionArgs: ['version', '--client'] },
    kubernetesProgram('kube-apiserver', versions, 'six minutes'),
  ];
}

/** One of Kubernetes' own programs, all of which come from the one module of the control plane. */
export function kubernetesProgram(name: string, versions: Versions, usualTime: string): Program {
  return {
    name,
    goPackage: `k8s.io/kubernetes/cmd/${name}`,
    moduleFolder: MODULE_FOLDER,
    version: versions.kubernetes,
    versionArgs: ['--version'],
    linkerFlags: kubernetesLinkerFlags(versions.kubernetes),
    usualTime,
    withoutGo: ASSETS,
  };
}

/** No symbols: nobody debugs these programs. */
export const STRIPPED = '-s -w';

/** Without these a server reports v0.0.0, and clients compare versions. */
function kubernetesLinkerFlags(version: string): string {
  const [major = '', minor = ''] = version.replace('v', '').split('.');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(variables).map(
    ([variable, value]) => `-X k8s.io/component-base/version.${variable}=${value}`,
  );
  return [STRIPPED, ...settings].join(' ');
}
