/** A cluster of K3s in Docker, for machines that can pull its image and run privileged containers. */
import { K3sContainer, type StartedK3sContainer } from '@testcontainers/k3s';
import { loadImages } from '../images/load-images.ts';

export interface K3sCluster {
  /** YAML, for use from this machine. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * Starts K3s and loads the tests' images into it.
 *
 * @param image such as `rancher/k3s:v1.36.3-k3s1`
 */
export async function startK3s(
  image: string,
  onProgress: (line: string) => void,
): Promise<K3sCluster> {
  onProgress(`starting ${image} (a minute, and its image is pulled the first time)`);
  const container = await new K3sContainer(image).start();
  try {
    await loadImages((path) => importImage(container, path), onProgress);
  } catch (error) {
    await container.stop();
    throw error;
  }
  return {
    kubeconfig: container.getKubeConfig(),
    stop: async () => void (await container.stop()),
  };
}

/** Throws what K3s said if it did not take the archive. */
async function importImage(container: StartedK3sContainer, path: string): Promise<void> {
  const target = '/e2e-image.tar';
  await container.copyFilesToContainer([{ source: path, target }]);
  const { exitCode, output } = await container.exec(['ctr', 'images', 'import', target]);
  if (exitCode !== 0) throw new Error(`K3s did not import ${path}: ${output}`);
}
