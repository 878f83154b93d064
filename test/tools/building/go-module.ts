import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine } from './machine.ts';

const HASH_LENGTH = 12;

/** The version of a module that the `go.mod` in a folder requires, such as `v2.4.2`. */
export function requiredVersion(folder: string, module: string): string {
  const text = readFileSync(join(folder, 'go.mod'), 'utf8');
  const line = text.split('\n').find((candidate) => candidate.includes(`${module} v`));
  const version = /\sv\S+$/.exec(line?.replace(/ *\/\/.*$/, '') ?? '')?.[0].trim();
  if (version === undefined) throw new Error(`${folder}/go.mod does not require ${module}`);
  return version;
}

/** A name in the cache: another source, or another machine, is another one. */
export function moduleKey(title: string, folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).toSorted()) {
    if (/^go\.mod$|\.go$/.test(file)) hash.update(readFileSync(join(folder, file)));
  }
  return `${title}-${machine()}-${hash.digest('hex').slice(0, HASH_LENGTH)}`;
}
