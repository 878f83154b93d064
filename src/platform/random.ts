/** Randomness as the shell sees it; a simulator puts a seeded one in its place. */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** Evenly spread over [0, 1). For jitter only. */
  float(): number;
  /** So many random bytes in lower-case hex. Unpredictable in {@link systemRandom}. */
  hex(bytes: number): string;
}

/** The machine's own randomness. */
export const systemRandom: Random = {
  float: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};

const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A number in [0, 1) that depends on the text alone: spreads load over objects without rolling
 * dice, so that the same object waits the same time on every replica and after every restart.
 * FNV-1a over UTF-16 units, then MurmurHash3's finalizer: FNV alone leaves the high bits of
 * texts that differ only in their last character nearly equal. Not for secrets.
 */
export function hashToUnit(text: string): number {
  let hash = FNV_OFFSET_BASIS;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
