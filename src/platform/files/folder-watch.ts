import { watch } from 'node:fs';

/** Something that can be stopped, and stays so. */
export interface FolderWatch {
  close(): void;
}

/**
 * Starts to tell of changes among the entries of a folder.
 * @param onChange called some time after an entry came, went or was renamed; often several times
 * for one change. It is a hint: changes can be missed, so content has to be compared as well.
 * @param onFailure called at most once, when nothing will be told any more: the platform's limit
 * on watches is reached, or the folder is gone.
 */
export type WatchFolder = (
  path: string,
  onChange: () => void,
  onFailure: (error: Error) => void,
) => FolderWatch;

/**
 * Watches with inotify. The folder itself is watched and not `..data` nor a file in it: inotify
 * follows a symbolic link to its target, and a kubelet never changes that target but replaces
 * the link, so such a watch falls silent after the first swap.
 */
export const watchFolder: WatchFolder = (path, onChange, onFailure) => {
  let closed = false;
  const fail = (error: Error) => {
    if (closed) return;
    closed = true;
    watcher?.close();
    onFailure(error);
  };
  let watcher: ReturnType<typeof watch> | undefined;
  try {
    watcher = watch(path, { persistent: false }, () => {
      if (!closed) onChange();
    });
    watcher.on('error', fail);
  } catch (error) {
    // Told later, so that a caller has the returned value before its callback runs.
    queueMicrotask(() => fail(error instanceof Error ? error : new Error(String(error))));
  }
  return {
    close() {
      closed = true;
      watcher?.close();
    },
  };
};
