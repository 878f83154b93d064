import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type KubectlSetup, runKubectl } from '../../cluster/control-plane/kubectl.ts';
import { ensureTool } from '../../tools/go-tool.ts';
import type { HelmSetup } from '../../tools/run-helm.ts';
import { chosenImages } from '../images/chosen-images.ts';
import type { ImageName } from '../images/image-archive.ts';
import { loadImages } from '../images/load-images.ts';
import { buildPrevious, type PreviousBuild } from '../images/previous-build.ts';
import { installOperator, type Tools } from '../install/operator-install.ts';
import { Endings } from '../node/endings.ts';
import { type HandsAddress, serveHands } from '../node/hands-server.ts';
import { type ClusterNode, startNode } from '../node/node.ts';
import { chosenCluster } from './chosen-cluster.ts';
import { startK3s } from './k3s.ts';
import { startKubectlProxy } from './kubectl-proxy.ts';
import { forgetFailures, keepNodeLogs } from './node-logs.ts';
import { findKubectl } from './user-cluster.ts';

/** What the tests know about the cluster that they share; plain data. */
export interface E2eCluster {
  /** Where `kubectl proxy` answers: every path of the API, without credentials. */
  readonly apiSocketPath: string;
  readonly kubectl: KubectlSetup;
  readonly helm: HelmSetup;
  readonly images: Readonly<Record<ImageName, string>>;
  /** To be upgraded from; null if it can't be had. */
  readonly previous: PreviousBuild | null;
  /** What can be done to the node itself; null on a cluster that is someone else's. */
  readonly hands: HandsAddress | null;
  /** Who wrote what, as the API server noted it; null if that is not ours to read. */
  readonly auditLogPath: string | null;
  /** How long the node's start took, if it is the project's own. */
  readonly startTimes: Readonly<Record<string, number>> | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    e2eCluster: E2eCluster;
  }
}

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Sets up the cluster of the `e2e` project. What it returns ends what was started here. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const workFolder = mkdtempSync(join(tmpdir(), 'signing-key-operator-e2e-'));
  const endings = new Endings();
  endings.push(async () => rmSync(workFolder, { recursive: true, force: true }));
  forgetFailures();
  try {
    const cluster = await choose(workFolder, endings, process.env);
    project.provide('e2eCluster', cluster);
    return () => endings.end();
  } catch (error) {
    await endings.end();
    throw error;
  }
}

async function choose(
  workFolder: string,
  endings: Endings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<E2eCluster> {
  const chosen = chosenCluster(env);
  if (chosen.kind === 'kubeconfig') return await onUserCluster(workFolder, chosen.path, endings);
  if (chosen.kind === 'node') return await onOwnNode(workFolder, endings);
  const k3s = await startK3s(chosen.image, say);
  endings.push(k3s.stop);
  const kubeconfigPath = join(workFolder, 'k3s.yaml');
  writeFileSync(kubeconfigPath, k3s.kubeconfig, { mode: 0o600 });
  return await onUserCluster(workFolder, kubeconfigPath, endings);
}

const OF_OWN_NODE_ONLY = { hands: null, previous: null, auditLogPath: null, startTimes: null };

/** The cluster gets the images from wherever its user has put them. */
async function onUserCluster(
  workFolder: string,
  kubeconfigPath: string,
  endings: Endings,
): Promise<E2eCluster> {
  const tools = await toolsFor(workFolder, await findKubectl(say), kubeconfigPath);
  const images = chosenImages(process.env);
  say('installing the operator');
  endings.push(await installOperator(tools, images.program));
  const apiSocketPath = await openApi(workFolder, tools, endings);
  return { apiSocketPath, ...tools, images, ...OF_OWN_NODE_ONLY };
}

async function onOwnNode(workFolder: string, endings: Endings): Promise<E2eCluster> {
  const node = await startNode(say);
  endings.push(node.stop, async () => keepNodeLogs(node.folder));
  await loadImages(node.containerd.importImages, say);
  const previous = await loadPrevious(node, workFolder);
  const tools = await toolsFor(workFolder, node.kubectlPath, node.controlPlane.kubeconfig());
  await restrictDefaultNamespace(tools);
  const images = chosenImages(process.env);
  say('installing the operator');
  // It goes with the node.
  await installOperator(tools, images.program);
  const apiSocketPath = await openApi(workFolder, tools, endings);
  const hands = await serveHands(node);
  endings.push(hands.stop);
  return {
    ...{ apiSocketPath, ...tools, images, hands: hands.address, previous },
    auditLogPath: node.controlPlane.auditLogPath,
    startTimes: { ...node.times },
  };
}

/**
 * The README's commands work in `default`, which gets the level that the tests' other namespaces
 * have. On someone else's cluster it is not ours to label.
 */
async function restrictDefaultNamespace({ kubectl }: Tools): Promise<void> {
  const level = 'pod-security.kubernetes.io/enforce=restricted';
  await runKubectl(kubectl, ['label', 'namespace', 'default', level]);
}

async function loadPrevious(node: ClusterNode, workFolder: string): Promise<PreviousBuild | null> {
  say('building what the commit before this one has');
  const previous = await buildPrevious(join(workFolder, 'previous'));
  if (previous === null) say('there is no commit before this one: no upgrade from it is tested');
  else await node.containerd.importImages(previous.archivePath);
  return previous;
}

/** @returns the socket on which the whole API answers */
async function openApi(workFolder: string, { kubectl }: Tools, endings: Endings): Promise<string> {
  const proxy = await startKubectlProxy(workFolder, kubectl);
  endings.push(proxy.stop);
  return proxy.socketPath;
}

async function toolsFor(
  workFolder: string,
  kubectlPath: string,
  kubeconfigPath: string,
): Promise<Tools> {
  const cacheFolder = join(workFolder, 'kubectl-cache');
  const homeFolder = join(workFolder, 'helm');
  return {
    kubectl: { binary: kubectlPath, kubeconfigPath, cacheFolder },
    helm: { binary: await ensureTool('helm', say), kubeconfigPath, homeFolder },
  };
}
