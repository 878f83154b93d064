/** The part of the soak that needs a real node, and real time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chosenCluster } from '../e2e/cluster/chosen-cluster.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** One rotation at the default terms, and the start of a node. */
const MINUTES = 45;
/** What a shell calls the end by SIGTERM. */
const SIGTERM_CODE = 143;

/**
 * Starts the project `e2e-soak`, if there is time and a cluster for it; says so if there is
 * not. Each line of its output is printed as it comes.
 *
 * @param minutes that the whole soak may take
 * @returns its exit code, 0 if it was left out
 */
export async function startNodeSoak(
  minutes: number,
  env: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<number> {
  const reason = whyLeftOut(minutes, env);
  if (reason !== null) {
    print(`the rotation at the default terms on a real node is left out: ${reason}`);
    return 0;
  }
  const child = spawn('npm', ['run', '--silent', 'test:e2e-soak'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => print(`node | ${line}`));
  }
  // Ctrl-C reaches both by itself, `kill` only this process.
  const stop = () => {
    child.once('close', () => process.exit(SIGTERM_CODE));
    child.kill('SIGTERM');
  };
  process.once('SIGTERM', stop);
  const [code] = (await once(child, 'close')) as [number | null];
  // What is left of the soak ends at once.
  process.off('SIGTERM', stop);
  return code ?? 1;
}

function whyLeftOut(
  minutes: number,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  if (minutes < MINUTES) return `it takes SOAK_MINUTES=${MINUTES}`;
  if (chosenCluster(env).kind !== 'node') return null;
  if (process.platform !== 'linux') return 'it needs Linux, or a cluster in KUBECONFIG';
  return process.getuid?.() === 0 ? null : 'it needs root, or a cluster in KUBECONFIG';
}
