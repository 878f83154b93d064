import { watch } from 'node:fs';

/** Closing it ends it permanently. */
export interface FolderWatch {
  close(): void;
}

/**
 * Starts to report changes of the entries of a folder.
 * @param onChange called some time after an entry was added, removed or renamed, often several times
 * for one change. It is only a hint: changes can be missed, so the caller must compare content as well.
 * @param onFailure called at most once, when there will be no more reports: the system's limit on
 * watches is reached, or the folder is gone.
 */
export type WatchFolder = (
  path: string,
  onChange: () => void,
  onFailure: (error: Error) => void,
) => FolderWatch;

/**
 * Watches with inotify. It watches the folder, not `..data` or a file in it: inotify follows a symbolic
 * link to its target, and the kubelet never changes that target but replaces the link. A watch of the
 * link would report nothing after the first switch.
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
    // Reported later, so that the caller has the returned value before its callback runs.
    queueMicrotask(() => fail(error instanceof Error ? error : new Error(String(error))));
  }
  return {
    close() {
      closed = true;
      watcher?.close();
    },
  };
};
