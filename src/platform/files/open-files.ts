/** How many files and sockets this process may have open. */
import { readFile } from 'node:fs/promises';
import { errorCode } from '../error-code.ts';

const LIMITS_FILE = '/proc/self/limits';

/** @returns null if there is no such bound, or if the system is not Linux, which tells it in `/proc` */
export async function openFilesMax(): Promise<number | null> {
  try {
    return parseOpenFilesMax(await readFile(LIMITS_FILE, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** @param limits as proc_pid_limits(5) describes it; the soft one counts, which Node.js raises to the hard one */
export function parseOpenFilesMax(limits: string): number | null {
  const found = /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1];
  return found === undefined || found === 'unlimited' ? null : Number(found);
}
