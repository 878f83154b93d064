import type { BinaryName } from './binaries.ts';
import { buildWithGo, type Environment } from './go-package.ts';
import { MODULE_FOLDER, type Versions } from './versions.ts';

/** Makes one program at `outputPath`. Throws when it cannot. */
export type Builder = (
  name: BinaryName,
  outputPath: string,
  onProgress: (line: string) => void,
) => Promise<void>;

const PACKAGES: Readonly<Record<BinaryName, string>> = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
};

/** On two cores with nothing downloaded yet. */
const USUAL_TIME: Readonly<Record<BinaryName, string>> = {
  etcd: 'half a minute',
  kubectl: 'one minute',
  'kube-apiserver': 'six minutes',
};

/** Builds with the host's Go from the module beside this file, which pins every source by hash. */
export function goBuilder(versions: Versions, env: Environment = process.env): Builder {
  return (name, outputPath, onProgress) =>
    buildWithGo(
      {
        name,
        version: name === 'etcd' ? versions.etcd : versions.kubernetes,
        path: PACKAGES[name],
        moduleFolder: MODULE_FOLDER,
        linkerFlags: linkerFlags(versions.kubernetes),
        usualTime: USUAL_TIME[name],
        withoutGo:
          'the tests and the demo need etcd, kube-apiserver and kubectl, which are built once ' +
          'from their Go modules',
        instead: 'set KUBEBUILDER_ASSETS to a folder that holds these three programs',
      },
      { ...versions, outputPath, env, onProgress },
    );
}

/** Without these a server reports v0.0.0, and clients compare versions. */
function linkerFlags(kubernetesVersion: string): readonly string[] {
  const [major = '', minor = ''] = kubernetesVersion.replace('v', '').split('.');
  const variables = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  return Object.entries(variables).map(
    ([variable, value]) => `-X k8s.io/component-base/version.${variable}=${value}`,
  );
}
