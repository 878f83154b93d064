import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { waitFor } from '../../../support/wait/wait-for.ts';

interface Note {
  readonly pid: number;
  /** In clock ticks since the system's start: with it, a pid is not mistaken for a later one. */
  readonly startTime: string;
}

const END_TIMEOUT_MS = 30_000;

/** Notes a process in a file, from which another process can end it later. */
export function noteProcess(path: string, pid: number): void {
  const startTime = startTimeOf(pid);
  if (startTime === null) throw new Error(`the process ${pid} has ended already`);
  const note: Note = { pid, startTime };
  writeFileSync(path, JSON.stringify(note));
}

/** Ends the process of a note, and waits for its end. Does nothing if there is none. */
export async function endNoted(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const { pid, startTime } = JSON.parse(readFileSync(path, 'utf8')) as Note;
  await waitFor(
    () => {
      if (startTimeOf(pid) !== startTime) return true;
      process.kill(pid, 'SIGKILL');
      return false;
    },
    { timeoutMs: END_TIMEOUT_MS, describe: `the process ${pid} to end` },
  );
}

/** Null for a process that has ended, even if nobody has collected it yet. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it is in brackets, and may hold anything.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : (rest[18] ?? null);
  } catch {
    return null;
  }
}
