import { dirname } from 'node:path';
import { ensureTool } from '../../tools/go-tool.ts';
import { chosenImages } from '../images/chosen-images.ts';
import { loadImages } from '../images/load-images.ts';
import { installWords } from '../install/operator-install.ts';
import { startNode } from './node.ts';
import { ensureNodePrograms } from './programs.ts';

// `npm run node`: a cluster of one real node to play with, until Ctrl-C. With `--build-only` only
// what it and its tests are built from, into the cache.

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  if (process.argv[2] === '--build-only') {
    await ensureNodePrograms(say);
    await ensureTool('helm', say);
    return;
  }
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  say('starting a node (about half a minute)');
  const node = await startNode(say);
  try {
    await loadImages(node.containerd.importImages, say);
    const { controlPlane, times } = node;
    say(`${controlPlane.url} is ready ${JSON.stringify(times)}; logs are in ${node.folder}.`);
    say('Ctrl-C ends it. In another terminal:');
    process.stdout.write(`export KUBECONFIG=${controlPlane.kubeconfig()}\n`);
    process.stdout.write(`export PATH=${dirname(node.kubectlPath)}:$PATH\n`);
    const image = chosenImages(process.env).program;
    say(`The node has the operator's image, ${image}. To install it, in this project's folder:`);
    process.stdout.write(`${installWords(image).join(' ')}\n`);
    await interrupted;
    say('stopping');
  } finally {
    await node.stop();
  }
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
