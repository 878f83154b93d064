/** What is kept of a failed test, in one folder: objects, events, logs of pods and of the node. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl } from './cluster.ts';
import { FAILURES } from './node-logs.ts';

/** No Secret among them: a log of CI is no place for a key. */
const KINDS =
  'pods,deployments,replicasets,services,endpointslices,configmaps,signingkeysets,leases';

/** Keeps what is in a namespace. Says what it could not get instead of failing over it. */
export async function keepNamespace(testName: string, namespace: string): Promise<void> {
  const folder = join(FAILURES, fileName(testName), namespace);
  mkdirSync(folder, { recursive: true });
  const inNamespace = (...args: readonly string[]) =>
    kubectl([...args, `--namespace=${namespace}`]).catch((error: unknown) => String(error));
  const keep = async (name: string, text: Promise<string>) =>
    writeFileSync(join(folder, name), await text);
  await keep('objects.yaml', inNamespace('get', KINDS, '-o', 'yaml', '--ignore-not-found'));
  await keep('events.txt', inNamespace('events'));
  await keep('pods.txt', inNamespace('describe', 'pods'));
  const pods = (await inNamespace('get', 'pods', '-o', 'name')).split('\n').filter(Boolean);
  for (const pod of pods.filter((name) => name.startsWith('pod/'))) {
    const name = fileName(pod.slice('pod/'.length));
    const logs = (...flags: readonly string[]) =>
      inNamespace('logs', pod, '--all-containers', '--prefix', ...flags);
    await keep(`${name}.log`, logs());
    await keep(`${name}.previous.log`, logs('--previous'));
  }
  process.stderr.write(`what was in ${namespace} is kept in ${folder}\n`);
}

function fileName(text: string): string {
  return text.replace(/[^\w.-]+/g, '-').slice(0, 80);
}
