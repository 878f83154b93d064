/** The operator as a user installs it: by the README's own command, cluster-wide, once for all tests. */
import manifest from '../../../package.json' with { type: 'json' };
import { type KubectlSetup, runKubectl } from '../../cluster/control-plane/kubectl.ts';
import { type HelmSetup, runHelm } from '../../tools/run-helm.ts';
import { imageFlags, imageValues } from './image-values.ts';
import { ROOT } from './project-root.ts';
import { readmeCommand, withRepository } from './readme-commands.ts';

/** As the README says. */
export const RELEASE = 'signing-key-operator';
export const OPERATOR_NAMESPACE = 'signing-key-system';
export const CHART = 'charts/signing-key-operator';
const CRD = 'signingkeysets.signingkeys.dev';
/** Until what is installed is ready, and what is removed is gone. */
export const WAIT = ['--wait', '--timeout=4m'];
const TIMEOUT_MS = 300_000;

export interface Tools {
  readonly helm: HelmSetup;
  readonly kubectl: KubectlSetup;
}

/**
 * Installs the release and waits for both replicas. Two operators would get into each other's way
 * in every namespace, so there is one on the cluster, and the tests share it.
 * @returns what takes all of it away again, every set of the cluster included
 */
export async function installOperator(tools: Tools, image: string): Promise<() => Promise<void>> {
  await refuseWhereUsed(tools.kubectl);
  await createRestrictedNamespace(tools.kubectl);
  const remove = () => removeOperator(tools);
  try {
    await runWords(tools, [...installWords(image), ...WAIT]);
    await applySettings(tools);
  } catch (error) {
    const state = await stateOf(tools.kubectl);
    await remove().catch(() => undefined);
    throw new Error(`the operator could not be installed; there was\n${state}`, { cause: error });
  }
  return remove;
}

/** What the tests need beyond that: some of their issuers are restarted by the operator. */
export const SETTINGS = ['--set=issuers.restart=true'];

/** As the README says to install it, and then with the settings of the tests. */
async function applySettings({ helm }: Tools): Promise<void> {
  const args = ['upgrade', RELEASE, CHART, '--namespace', OPERATOR_NAMESPACE, '--reuse-values'];
  await runHelm(helm, [...args, ...SETTINGS, ...WAIT], { cwd: ROOT, timeoutMs: TIMEOUT_MS });
}

/** Word by word, with the image for the reader's own, and no value but that. */
export function installWords(image: string): readonly string[] {
  const { repository, ...rest } = imageValues(image);
  const words = withRepository(readmeCommand('In a cluster', 'helm', 'install'), repository);
  const { tag, ...others } = rest;
  return [...words, ...imageFlags(tag === manifest.version ? others : rest)];
}

function runWords({ helm }: Tools, [, ...args]: readonly string[]): Promise<string> {
  return runHelm(helm, args, { cwd: ROOT, timeoutMs: TIMEOUT_MS });
}

/** What the tests remove at the end must not belong to anyone else. */
async function refuseWhereUsed(kubectl: KubectlSetup): Promise<void> {
  const [crd, namespace] = await Promise.all(
    [`crd/${CRD}`, `namespace/${OPERATOR_NAMESPACE}`].map((object) =>
      runKubectl(kubectl, ['get', object, '--ignore-not-found', '-o', 'name']),
    ),
  );
  const found = `${crd}${namespace}`.trim().split('\n').filter(Boolean);
  if (found.length === 0) return;
  throw new Error(`the cluster has ${found.join(' and ')} already: take one that nobody uses`);
}

/** `--create-namespace` would make it without a level. */
async function createRestrictedNamespace(kubectl: KubectlSetup): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: OPERATOR_NAMESPACE, labels },
  };
  await runKubectl(kubectl, ['apply', '--server-side', '-f', '-'], JSON.stringify(namespace));
}

async function stateOf(kubectl: KubectlSetup): Promise<string> {
  const say = (...args: readonly string[]) =>
    runKubectl(kubectl, [...args, `--namespace=${OPERATOR_NAMESPACE}`]).catch(String);
  const logs = ['logs', `deployment/${RELEASE}`, '--all-pods', '--tail=50'];
  return `${await say('describe', 'pods')}\n${await say('events')}\n${await say(...logs)}`;
}

async function removeOperator({ helm, kubectl }: Tools): Promise<void> {
  const release = ['uninstall', RELEASE, '--namespace', OPERATOR_NAMESPACE, '--ignore-not-found'];
  await runHelm(helm, [...release, ...WAIT], { timeoutMs: TIMEOUT_MS });
  // It stays at an uninstall, and so do the sets.
  await runKubectl(kubectl, ['delete', 'crd', CRD, '--ignore-not-found']);
  await runKubectl(kubectl, ['delete', 'namespace', OPERATOR_NAMESPACE, '--ignore-not-found']);
}
