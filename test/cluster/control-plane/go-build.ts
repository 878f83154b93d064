import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { BinaryName } from './binaries.ts';
import { startTethered } from './tethered-process.ts';
import { MODULE_FOLDER, type Versions } from './versions.ts';

/** Makes one program at `outputPath`. Throws when it cannot. */
export type Builder = (
  name: BinaryName,
  outputPath: string,
  onProgress: (line: string) => void,
) => Promise<void>;

type Environment = Readonly<Record<string, string | undefined>>;

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

const PROGRESS_EVERY_MS = 10_000;
const run = promisify(execFile);

/** Builds with the host's Go from the module beside this file, which pins every source by hash. */
export function goBuilder(versions: Versions, env: Environment = process.env): Builder {
  return async (name, outputPath, onProgress) => {
    await requireGo(versions, env);
    const version = name === 'etcd' ? versions.etcd : versions.kubernetes;
    const title = `building ${name} ${version}`;
    onProgress(`${title} (once; takes about ${USUAL_TIME[name]})`);
    const startMs = performance.now();
    const elapsed = () => `${Math.round((performance.now() - startMs) / 1_000)} s`;
    const timer = setInterval(() => onProgress(`${title}: ${elapsed()}`), PROGRESS_EVERY_MS);
    try {
      await build(name, outputPath, versions, env);
    } finally {
      clearInterval(timer);
    }
    onProgress(`built ${name} ${version} in ${elapsed()}`);
  };
}

async function build(
  name: BinaryName,
  outputPath: string,
  versions: Versions,
  env: Environment,
): Promise<void> {
  const logPath = `${outputPath}.log`;
  const go = await startTethered({
    command: 'go',
    args: [
      'build',
      '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      `-ldflags=${linkerFlags(versions.kubernetes)}`,
      `-o=${outputPath}`,
      PACKAGES[name],
    ],
    cwd: MODULE_FOLDER,
    env: {
      ...env,
      CGO_ENABLED: '0',
      GOOS: versions.os,
      GOARCH: versions.architecture,
      // A workspace around the project must not choose other versions.
      GOWORK: 'off',
    },
    logPath,
  });
  const end = await go.ended;
  if (end !== 'exit code 0') {
    throw new Error(`go build of ${PACKAGES[name]} ended with ${end}:\n${go.logTail()}`);
  }
}

/** Without these a server reports v0.0.0, and clients compare versions. */
function linkerFlags(kubernetesVersion: string): string {
  const [major = '', minor = ''] = kubernetesVersion.replace('v', '').split('.');
  const variables = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(variables).map(
    ([variable, value]) => `-X k8s.io/component-base/version.${variable}=${value}`,
  );
  return ['-s', '-w', ...settings].join(' ');
}

/** Go from 1.21 on fetches the version that `go.mod` asks for by itself, unless told not to. */
async function requireGo(versions: Versions, env: Environment): Promise<void> {
  try {
    await run('go', ['version'], { cwd: MODULE_FOLDER, env: { ...env } });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'Go is not installed' : `Go does not run: ${message.trim()}`;
    throw new Error(
      'the tests and the demo need etcd, kube-apiserver and kubectl, which are built once from ' +
        `their Go modules, and ${found}. Either install Go ${versions.go} or later, or set ` +
        'KUBEBUILDER_ASSETS to a folder that holds these three programs.',
    );
  }
}
