/** The only source of randomness. The simulator replaces it with a seeded one. */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1). For jitter only. */
  float(): number;
  /** Random bytes as lower-case hex. Unpredictable in {@link systemRandom}. */
  hex(bytes: number): string;
}

/** The machine's own randomness. */
export const systemRandom: Random = {
  float: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};
