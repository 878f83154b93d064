import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageArchive, REFERENCES } from '../images/image-archive.ts';
import type { ClusterNode } from './node.ts';

/** Makes the images of the program and of the tests' own pods, and hands them to the node. */
export async function loadImages(
  node: ClusterNode,
  onProgress: (line: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-operator-images-'));
  try {
    for (const name of ['program', 'pods'] as const) {
      onProgress(`loading the image ${REFERENCES[name]}`);
      await node.containerd.importImages(await imageArchive(name, folder));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
