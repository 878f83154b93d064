import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface LockOptions {
  /** Called each time the lock is found taken. */
  readonly onWait?: (waitedMs: number) => void;
  /** Pause between two tries; by default 500 ms. */
  readonly intervalMs?: number;
}

/** SQLite's code for a file that someone else has locked. */
const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other process, and nobody else in this one, holds the lock at `path`.
 * The lock is SQLite's on an empty database: Node has no file locks of its own, and this one
 * belongs to the kernel, which frees it when its holder dies. There is no stale lock to judge.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const startMs = performance.now();
  const database = open(path);
  try {
    while (!tryLock(database)) {
      options.onWait?.(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 500));
    }
    return await work();
  } finally {
    database.close();
  }
}

/** Takes the lock if it is free, to be held until the answer is called, or this process ends. */
export function takeFileLock(path: string): (() => void) | null {
  const database = open(path);
  if (tryLock(database)) return () => database.close();
  database.close();
  return null;
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  return new DatabaseSync(path);
}

function tryLock(database: DatabaseSync): boolean {
  try {
    // No journal next to the file: nothing is ever written to it. This asks for the lock too.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
