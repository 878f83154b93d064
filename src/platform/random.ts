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
