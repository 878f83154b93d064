import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../../support/wait/wait-for.ts';

const MOUNTS = '/proc/mounts';
const EMPTY_TIMEOUT_MS = 30_000;

/** One cgroup in every hierarchy, which all pods of a node are in. */
export class NodeCgroup {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** As kubelet's `cgroupRoot` wants it. */
  get path(): string {
    return `/${this.#name}`;
  }

  make(): void {
    for (const folder of this.folders()) mkdirSync(folder, { recursive: true });
  }

  /** Ends what is still in it, and removes it with all below. */
  async remove(): Promise<void> {
    const folders = this.folders().filter((folder) => existsSync(folder));
    await waitFor(() => this.#isEmptied(folders), {
      timeoutMs: EMPTY_TIMEOUT_MS,
      describe: `the cgroup ${this.path} to be empty`,
    });
    for (const folder of folders) removeDeepestFirst(folder);
  }

  #isEmptied(folders: readonly string[]): boolean {
    const pids = new Set(folders.flatMap((folder) => processesIn(folder)));
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    return pids.size === 0;
  }

  /** Its path in each hierarchy. */
  folders(): readonly string[] {
    return hierarchies().map((hierarchy) => join(hierarchy, this.#name));
  }
}

/** cgroup v1 has a mount for each controller, v2 has one in all. */
function hierarchies(): readonly string[] {
  const lines = readFileSync(MOUNTS, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, folder = '', type = ''] = line.split(' ');
    return type === 'cgroup' || type === 'cgroup2' ? [folder] : [];
  });
}

function below(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

function processesIn(folder: string): readonly number[] {
  try {
    const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
    // A process of another PID namespace is shown as 0, which would be our own group.
    const pids = own.map(Number).filter((pid) => pid > 0);
    return [...pids, ...below(folder).flatMap(processesIn)];
  } catch (error) {
    // Whoever is still at work in it may remove a part meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function removeDeepestFirst(folder: string): void {
  for (const child of below(folder)) removeDeepestFirst(child);
  rmdirSync(folder);
}
