import { dirname } from 'node:path';
import { ensureTool } from '../../tools/go-tool.ts';
import { chosenImages } from '../images/chosen-images.ts';
import { loadImages } from '../images/load-images.ts';
import { instructions } from './instructions.ts';
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
  const helm = await ensureTool('helm', say);
  say('starting a node (about half a minute)');
  const node = await startNode(say);
  try {
    await loadImages(node.containerd.importImages, say);
    const { controlPlane, times } = node;
    say(`${controlPlane.url} is ready ${JSON.stringify(times)}; logs are in ${node.folder}.`);
    const lines = instructions({
      kubeconfigPath: controlPlane.kubeconfig(),
      programFolders: [dirname(node.kubectlPath), dirname(helm)],
      image: chosenImages(process.env).program,
    });
    for (const line of lines) process.stdout.write(`${line}\n`);
    say('Ctrl-C ends it.');
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
