/** What Helm does to the operator's release while sets are in use. */
import { API_GROUP_VERSION, SET_PLURAL } from '../../../src/core/formats/names.ts';
import { e2eCluster, helm, kubectl, read } from '../cluster/cluster.ts';
import type { PreviousBuild } from '../images/previous-build.ts';
import { imageFlags, imageValues } from '../install/image-values.ts';
import {
  CHART,
  installWords,
  OPERATOR_NAMESPACE,
  RELEASE,
  SETTINGS,
  WAIT,
} from '../install/operator-install.ts';

const IN_NAMESPACE = ['--namespace', OPERATOR_NAMESPACE];

/** Back to what the commit before this one has: what an upgrade starts from. */
export async function installPrevious({ chart, image }: PreviousBuild): Promise<void> {
  await upgrade(chart, image);
}

/** From what the previous commit has to the present, back by `helm rollback`, and up again. */
export async function upgradeAndRollBack(): Promise<void> {
  const { program } = e2eCluster().images;
  await upgrade(CHART, program);
  await helm('rollback', RELEASE, ...IN_NAMESPACE, ...WAIT);
  await upgrade(CHART, program);
}

async function upgrade(chart: string, image: string): Promise<void> {
  const flags = ['--reset-values', ...imageFlags(imageValues(image)), ...SETTINGS];
  await helm('upgrade', RELEASE, chart, ...IN_NAMESPACE, ...flags, ...WAIT);
}

/** Both replicas, one after the other, as a change of the template rolls them. */
export async function rollOperator(): Promise<void> {
  const deployment = `deployment/${RELEASE}`;
  await kubectl(['rollout', 'restart', deployment, ...IN_NAMESPACE]);
  await kubectl(['rollout', 'status', deployment, ...IN_NAMESPACE, '--timeout=110s']);
}

export async function uninstall(): Promise<void> {
  await helm('uninstall', RELEASE, ...IN_NAMESPACE, ...WAIT);
}

/** By the same words as the first time. */
export async function installAgain(): Promise<void> {
  const [, ...args] = installWords(e2eCluster().images.program);
  await helm(...args, ...SETTINGS, ...WAIT);
}

/** What of a set has to outlive a release: its objects are the same ones, and its key still signs. */
export async function belongingsOf(namespace: string, set: string): Promise<readonly object[]> {
  const paths = [
    `/apis/${API_GROUP_VERSION}/namespaces/${namespace}/${SET_PLURAL}/${set}`,
    `/api/v1/namespaces/${namespace}/secrets/${set}-signer`,
    `/api/v1/namespaces/${namespace}/configmaps/${set}-jwks`,
  ];
  return await Promise.all(
    paths.map(async (path) => {
      const object = await read<{ metadata: { uid: string }; data?: { kid?: string } }>(path);
      if (object === null) throw new Error(`${path} is gone`);
      return { path, uid: object.metadata.uid, kid: object.data?.kid ?? null };
    }),
  );
}
