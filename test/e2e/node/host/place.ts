import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeFileLock } from '../../../support/process/file-lock.ts';
import { waitFor } from '../../../support/wait/wait-for.ts';
import { NodeCgroup } from './cgroups.ts';
import { endNoted } from './noted-process.ts';

/** What one node has for itself on this machine: a number, and all that follows from it. */
export interface Place {
  readonly folder: string;
  readonly cgroup: NodeCgroup;
  /** Name of the host's end of the link. */
  readonly link: string;
  /** The two ends of the link. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly linkPrefix: number;
  readonly podRange: string;
  /** File that notes the process which holds all of the node's, so that it can be ended later. */
  readonly notePath: string;
  /** Ends what is left of the node, and removes folder and cgroup. */
  release(): Promise<void>;
}

const FOLDER = join(tmpdir(), 'signing-key-operator-node');
const NUMBERS = 200;
const UNLINK_TIMEOUT_MS = 30_000;
const LOCK = /^(\d+)\.lock$/;

/**
 * Takes a place that no other node on this machine has, and cleans up after those whose process
 * was killed. A lock of the kernel's says which these are: it is free when its holder is dead.
 */
export async function takePlace(): Promise<Place> {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) {
    const number = LOCK.exec(name)?.[1];
    if (number !== undefined) await lockPlace(Number(number))?.release();
  }
  const first = Math.floor(Math.random() * NUMBERS);
  for (let tries = 0; tries < NUMBERS; tries++) {
    const number = (first + tries) % NUMBERS;
    const place = isInUse(addressPrefixOf(number)) ? null : lockPlace(number);
    if (place === null) continue;
    mkdirSync(place.folder, { recursive: true });
    return place;
  }
  throw new Error(`all ${NUMBERS} places for nodes in ${FOLDER} are taken`);
}

function lockPlace(number: number): Place | null {
  const unlock = lock(join(FOLDER, `${number}.lock`));
  if (unlock === null) return null;
  const folder = join(FOLDER, String(number));
  const cgroup = new NodeCgroup(`signing-key-operator-node-${number}`);
  const addressPrefix = addressPrefixOf(number);
  const notePath = join(folder, 'process.json');
  return {
    folder,
    cgroup,
    link: `sks-node-${number}`,
    hostAddress: `${addressPrefix}1`,
    nodeAddress: `${addressPrefix}2`,
    linkPrefix: 30,
    podRange: `10.212.${number}.0/24`,
    notePath,
    release: async () => {
      await endNoted(notePath);
      await waitFor(() => !isInUse(addressPrefix), {
        timeoutMs: UNLINK_TIMEOUT_MS,
        describe: `the link of the node ${number} to be gone`,
      });
      await cgroup.remove();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      unlock();
    },
  };
}

/** Takes a lock whose file is removed while it is held: nobody is left with the old one. */
function lock(path: string): (() => void) | null {
  closeSync(openSync(path, 'a'));
  const before = inode(path);
  const unlock = takeFileLock(path);
  if (unlock === null) return null;
  if (before !== inode(path)) {
    unlock();
    return null;
  }
  return () => {
    rmSync(path, { force: true });
    unlock();
  };
}

function inode(path: string): number | null {
  return existsSync(path) ? statSync(path).ino : null;
}

function addressPrefixOf(number: number): string {
  return `10.211.${number}.`;
}

/** By a node, or by anything else on this machine. */
function isInUse(addressPrefix: string): boolean {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ address }) => address.startsWith(addressPrefix));
}
