import { type Program, STRIPPED } from '../../tools/building/program.ts';
import { MODULE_FOLDER, type Versions } from './versions.ts';

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

/** Without these a server reports v0.0.0, and clients compare versions. */
function kubernetesLinkerFlags(version: string): string {
  const [major = '', minor = ''] = version.replace('v', '').split('.');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(variables).map(
    ([variable, value]) => `-X k8s.io/component-base/version.${variable}=${value}`,
  );
  return [STRIPPED, ...settings].join(' ');
}
