/**
 * Reads a mounted folder as one consistent state. The kubelet writes each state into a new folder and
 * switches to it by renaming the link `..data`. Files that are read one after the other through their
 * links could come from two states.
 */
import { constants } from 'node:fs';
import { access, type FileHandle, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-code.ts';

/** A file's bytes, or why it can't be read. `null`: there is no such file. */
export type FileContent = Uint8Array | { readonly problem: string } | null;

/** The files of a folder, by name, all of one state. */
export type Snapshot = ReadonlyMap<string, FileContent>;

/** The link that the kubelet renames. A folder without it is read directly. */
const DATA_LINK = '..data';
/** An attempt fails only if the state changes during it, which kubelets never do this often. */
const ATTEMPTS_MAX = 5;

/**
 * Reads the named files, each up to its bound in bytes.
 * @returns all files of one state, or what is wrong with the folder as a whole
 */
export async function readSnapshot(
  folder: string,
  bytesMax: Readonly<Record<string, number>>,
): Promise<Snapshot | { readonly problem: string }> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const before = await resolveState(folder);
    if ('problem' in before) return before;
    const files = new Map<string, FileContent>();
    for (const [name, max] of Object.entries(bytesMax)) {
      files.set(name, await readBounded(join(before.path, name), max));
    }
    const after = await resolveState(folder);
    if ('problem' in after) return after;
    // The kubelet removes the old state after the switch, so what was read may be incomplete.
    if (after.path === before.path) return files;
  }
  return { problem: `it changed during each of ${ATTEMPTS_MAX} reads` };
}

/** @returns why the path is not a readable folder and what to do, or null if it is one */
export async function findFolderProblem(path: string): Promise<string | null> {
  try {
    await readdir(path);
    return null;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return 'which does not exist; mount the ConfigMap there, or create it';
    if (code === 'ENOTDIR') return 'which is not a folder; name the folder that holds jwks.json';
    return `which cannot be read (${code}); let this user read it`;
  }
}

/** The folder of the current state. */
async function resolveState(
  folder: string,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  try {
    // Not realpath: it fails if the old state is removed during its work.
    return { path: join(folder, await readlink(join(folder, DATA_LINK))) };
  } catch (error) {
    const code = errorCode(error);
    // EINVAL: it exists but is not a link, so the kubelet did not make it.
    if (code !== 'ENOENT' && code !== 'EINVAL') return { problem: `it cannot be read (${code})` };
  }
  try {
    await access(folder);
    return { path: folder };
  } catch (error) {
    return { problem: `it cannot be read (${errorCode(error)})` };
  }
}

async function readBounded(path: string, bytesMax: number): Promise<FileContent> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    return { problem: `it cannot be read (${errorCode(error)})` };
  }
  try {
    if (!(await file.stat()).isFile()) return { problem: 'it is not a regular file' };
    const buffer = new Uint8Array(bytesMax + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return buffer.slice(0, length);
      length += bytesRead;
    }
    return { problem: `it is larger than ${bytesMax} bytes` };
  } catch (error) {
    return { problem: `it cannot be read (${errorCode(error)})` };
  } finally {
    await file.close();
  }
}
