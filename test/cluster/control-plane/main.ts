import { dirname } from 'node:path';
import { ensureBinaries } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';

// `npm run control-plane`: a control plane to play with, until Ctrl-C.

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const binaries = await ensureBinaries(say);
  const folder = dirname(binaries.kubectl);
  if (process.argv[2] === '--build-only') {
    process.stdout.write(`export KUBEBUILDER_ASSETS=${folder}\n`);
    return;
  }
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  say('starting etcd and kube-apiserver (about ten seconds)');
  const controlPlane = await startControlPlane({ binaries });
  say(`${controlPlane.url} is ready; Ctrl-C ends it. In another terminal:`);
  process.stdout.write(`export KUBECONFIG=${controlPlane.kubeconfig()}\n`);
  process.stdout.write(`export PATH=${folder}:$PATH\n`);
  await interrupted;
  say('stopping');
  await controlPlane.stop();
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
