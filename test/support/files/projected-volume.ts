/**
 * A folder that changes as a mounted ConfigMap does: step by step what a kubelet's atomic writer
 * does (kubernetes/pkg/volume/util/atomic_writer.go, `Write`).
 */
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

const DATA_LINK = '..data';
const NEW_DATA_LINK = '..data_tmp';

/** File contents by name; names are those of a ConfigMap's `data`, without any `/`. */
export type ProjectedFiles = Readonly<Record<string, string | Uint8Array>>;

export class ProjectedVolume {
  readonly folder: string;
  #projected: ProjectedFiles | null = null;

  /** @param folder what a pod would see as the mount; it is made when it is not there */
  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Makes the folder show exactly these files, all at once. As with a kubelet, nothing happens
   * where it shows them already.
   * @returns whether anything was written
   */
  async project(files: ProjectedFiles): Promise<boolean> {
    await mkdir(this.folder, { recursive: true });
    if (this.#projected !== null && sameFiles(this.#projected, files)) return false;
    const oldState = await readlink(join(this.folder, DATA_LINK)).catch(() => null);

    const stateFolder = await mkdtemp(join(this.folder, `..${timestamp()}.`));
    // As a kubelet does: the program in the Pod is another user.
    await chmod(stateFolder, 0o755);
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(stateFolder, name), content);
    }
    const newLink = join(this.folder, NEW_DATA_LINK);
    await symlink(stateFolder.slice(this.folder.length + 1), newLink);
    await rename(newLink, join(this.folder, DATA_LINK));

    await this.#linkVisibleFiles(files);
    await this.#removeStaleLinks(files);
    if (oldState !== null) await rm(join(this.folder, oldState), { recursive: true });
    this.#projected = files;
    return true;
  }

  async #linkVisibleFiles(files: ProjectedFiles): Promise<void> {
    const present = new Set(await readdir(this.folder));
    for (const name of Object.keys(files)) {
      if (!present.has(name)) await symlink(join(DATA_LINK, name), join(this.folder, name));
    }
  }

  async #removeStaleLinks(files: ProjectedFiles): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith('..') && !Object.hasOwn(files, name)) await rm(join(this.folder, name));
    }
  }
}

/** As Go's layout `2006_01_02_15_04_05` writes it. */
function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_');
}

function sameFiles(a: ProjectedFiles, b: ProjectedFiles): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [old, next] = [a[name], b[name]];
      return old !== undefined && next !== undefined && Buffer.from(old).equals(Buffer.from(next));
    })
  );
}
