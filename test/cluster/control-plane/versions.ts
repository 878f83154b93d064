import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machine } from '../../tools/building/machine.ts';

/** The folder with the Go module that the binaries are built from. */
export const MODULE_FOLDER = fileURLToPath(new URL('.', import.meta.url));

export interface Versions {
  /** `v1.36.3`, of kube-apiserver and kubectl. */
  readonly kubernetes: string;
  /** `v3.6.8`. */
  readonly etcd: string;
  /** Names the folder in the cache: another version, module or machine is another folder. */
  readonly cacheKey: string;
}

const HASH_LENGTH = 12;

/** Reads the versions from `go.mod`, the one place where they are written down. */
export function readVersions(): Versions {
  const text = readFileSync(`${MODULE_FOLDER}go.mod`, 'utf8');
  const kubernetes = find(text, /^\s*k8s\.io\/kubernetes (v\S+)/m);
  const etcd = find(text, /^\s*go\.etcd\.io\/etcd\/server\/v3 (v\S+)/m);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  const cacheKey = `kubernetes-${kubernetes}-etcd-${etcd}-${machine()}-${hash}`;
  return { kubernetes, etcd, cacheKey };
}

function find(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${MODULE_FOLDER}go.mod has nothing like ${pattern}`);
  return found;
}
