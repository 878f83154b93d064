/**
 * Hostile clients against `signing-keys serve` in the memory of its chart, one load after the other.
 * What counts is whether the program lives, and whether verifiers and kubelets get their answers.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { waitFor } from '../test/support/wait/wait-for.ts';
import { askUntil, type Seen } from './hostile/honest.ts';
import type { LoadName, LoadTarget } from './hostile/loads.ts';
import { makeKeys } from './jwks-server.ts';
import { freePort, memoryOf, type Program, startProgram } from './program.ts';
import { type Figures, round } from './report.ts';

/** `resources.limits.memory` of the chart. */
const MEMORY_BYTES_MAX = 192 * 2 ** 20;
/** The share of it that the chart gives to the heap. */
const HEAP_MB_MAX = Math.round((192 * 40) / 100);
const MEMORY_LOOK_INTERVAL_MS = 10;
const LOAD_MS = 12_000;
/** The clients of a proxy all have its address, and so have the hostile ones behind it. */
const SAME_ADDRESS = '127.0.0.1';
/** A kubelet has the address of its node. */
const OTHER_ADDRESS = '127.0.0.2';
const JWKS = '/.well-known/jwks.json';
/** As the chart's probes time out. */
const LIVENESS_TIMEOUT_MS = 5000;
const READINESS_TIMEOUT_MS = 2000;

interface Attack {
  readonly load: LoadName;
  readonly on: 'port' | 'metricsPort';
  readonly path: string;
  readonly connections: number;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  pipelining: { load: 'pipelining', on: 'port', path: JWKS, connections: 300 },
  pipeliningMetrics: { load: 'pipelining', on: 'metricsPort', path: '/metrics', connections: 300 },
  idle: { load: 'keep-alive', on: 'port', path: JWKS, connections: 4200 },
  idleProbes: { load: 'keep-alive', on: 'metricsPort', path: '/healthz', connections: 64 },
  idleManyProbes: { load: 'keep-alive', on: 'metricsPort', path: '/healthz', connections: 300 },
  headers: { load: 'endless-headers', on: 'port', path: JWKS, connections: 4200 },
  headersProbes: { load: 'endless-headers', on: 'metricsPort', path: '/', connections: 300 },
  bodies: { load: 'endless-bodies', on: 'port', path: JWKS, connections: 4200 },
  garbage: { load: 'garbage', on: 'port', path: JWKS, connections: 300 },
};

export async function benchHostile(say: (line: string) => void): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'signing-keys-bench-'));
  // One of them, to look at it more closely.
  const only = process.env['ATTACK'];
  const figures: Record<string, Figures[string]> = {
    memoryMaxMib: MEMORY_BYTES_MAX / 2 ** 20,
    loadMs: LOAD_MS,
  };
  try {
    const mount = makeMount(folder);
    for (const [name, attack] of Object.entries(ATTACKS)) {
      if (only !== undefined && only !== name) continue;
      const seen = await survive(mount, attack);
      say(`${name}: ${JSON.stringify(seen)}`);
      figures[name] = seen;
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeMount(folder: string): string {
  const mount = join(folder, 'mount');
  mkdirSync(mount);
  writeFileSync(join(mount, 'jwks.json'), JSON.stringify({ keys: makeKeys(2) }));
  const policy = { maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 };
  writeFileSync(join(mount, 'serve.json'), JSON.stringify(policy));
  return mount;
}

async function survive(mount: string, attack: Attack): Promise<Readonly<Record<string, number>>> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const ports = ['--port', String(port), '--metrics-port', String(metricsPort)];
  const serve = await startProgram(
    ['serve', '--dir', mount, '--host', '127.0.0.1', ...ports, '--shutdown-delay', '0s'],
    { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB_MAX}` },
  );
  const url = (of: number, path: string) => `http://127.0.0.1:${of}${path}`;
  try {
    await waitFor(async () => (await fetch(url(metricsPort, '/readyz'))).ok, {
      timeoutMs: 10_000,
      describe: 'the JWKS server to be ready',
    });
    const over = AbortSignal.timeout(LOAD_MS);
    const memory = watchMemory(serve, over);
    const from = attack.on === 'port' ? SAME_ADDRESS : OTHER_ADDRESS;
    const target = { ...attack, from, port: { port, metricsPort }[attack.on] };
    const hostile = startLoad(attack.load, target);
    const [verifiers, liveness, readiness] = await Promise.all([
      askUntil(over, url(port, JWKS), 50, LIVENESS_TIMEOUT_MS),
      askUntil(over, url(metricsPort, '/healthz'), 250, LIVENESS_TIMEOUT_MS),
      askUntil(over, url(metricsPort, '/readyz'), 250, READINESS_TIMEOUT_MS),
    ]);
    const { peakBytes, killedAfterMs } = await memory;
    hostile.postMessage('stop');
    await new Promise((resolve) => hostile.once('exit', resolve));
    return {
      killedAfterMs,
      rssPeakMib: round(peakBytes / 2 ** 20, 0),
      ...figuresOf('verifier', verifiers),
      ...figuresOf('liveness', liveness),
      ...figuresOf('readiness', readiness),
    };
  } finally {
    await serve.stop();
  }
}

function startLoad(name: LoadName, target: LoadTarget): Worker {
  const workerData = { name, target };
  return new Worker(new URL('./hostile/worker.ts', import.meta.url), { workerData });
}

function figuresOf(who: string, { asked, failed, worstMs }: Seen): Record<string, number> {
  return { [`${who}Asked`]: asked, [`${who}Failed`]: failed, [`${who}WorstMs`]: worstMs };
}

/**
 * Ends the program as the kernel would once it holds more memory than its limit.
 * @returns its peak, and when it was ended; 0 if it lived
 */
async function watchMemory(program: Program, over: AbortSignal) {
  const beganMs = performance.now();
  let peakBytes = 0;
  while (!over.aborted && program.isRunning()) {
    peakBytes = Math.max(peakBytes, memoryOf(program.pid).rssBytes);
    if (peakBytes > MEMORY_BYTES_MAX) {
      process.kill(program.pid, 'SIGKILL');
      return { peakBytes, killedAfterMs: round(performance.now() - beganMs, 0) };
    }
    await new Promise((resolve) => setTimeout(resolve, MEMORY_LOOK_INTERVAL_MS));
  }
  return { peakBytes, killedAfterMs: program.isRunning() ? 0 : round(performance.now() - beganMs) };
}
