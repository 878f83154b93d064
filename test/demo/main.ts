/**
 * `make demo`: the main job on a real API server, seen as it happens. Exit code 0 when the whole
 * story was played, not one valid token was rejected, and trust in the revoked key ended as
 * announced; 1 when not, 130 after Ctrl-C.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Binaries, ensureBinaries } from '../cluster/control-plane/binaries.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane/control-plane.ts';
import { Cast, CastFault } from './cast.ts';
import { Chronicle } from './record/chronicle.ts';
import { keepLookout } from './record/lookout.ts';
import { readSampleSet, type SampleSet } from './record/sample-set.ts';
import { brokenTerms, describeSummary, summarise } from './record/summary.ts';
import { paint } from './screen/ansi.ts';
import { showLines, startShow } from './screen/show.ts';
import { expectedMs, play, StoryFault } from './story.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

/** A log that is read elsewhere gets no colours. */
const red = process.stdout.isTTY === true ? paint.red : (text: string) => text;
const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const set = readSampleSet(join(REPOSITORY, 'docs/examples/payments-fast.yaml'));
  const binaries = await ensureBinaries(say);
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort(new Error('interrupted')));
  }
  say('starting etcd and kube-apiserver (about ten seconds)');
  const folder = mkdtempSync(join(tmpdir(), 'signing-key-demo-'));
  try {
    const controlPlane = await startControlPlane({ binaries });
    try {
      say(`${controlPlane.url} is ready`);
      return await demonstrate({ set, binaries, folder, controlPlane, signal: interrupted.signal });
    } finally {
      await controlPlane.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

interface Scene {
  readonly set: SampleSet;
  readonly binaries: Binaries;
  readonly folder: string;
  readonly controlPlane: ControlPlane;
  readonly signal: AbortSignal;
}

async function demonstrate(scene: Scene): Promise<number> {
  const { set, folder, controlPlane, signal } = scene;
  const chronicle = new Chronicle(Date.now);
  const cast = new Cast({ repository: REPOSITORY, folder, controlPlane, set, chronicle });
  const lookout = new AbortController();
  const api = { url: controlPlane.url, ca: controlPlane.ca, token: controlPlane.token() };
  const looking = keepLookout(api, set, chronicle, lookout.signal);
  const stage = {
    output: process.stdout,
    isTerminal: process.stdout.isTTY === true,
    ...{ set, chronicle, expectedMs: expectedMs(set.terms) },
  };
  const show = startShow(stage);
  try {
    const story = { repository: REPOSITORY, controlPlane, set, chronicle, cast, signal };
    const fault = await play(story).then(
      () => null,
      (error: unknown) => error,
    );
    show.end();
    const code = conclude(chronicle, set, fault, cast);
    if (isOn(process.env['KEEP']) && !signal.aborted) await keepRunning(scene, chronicle, cast);
    return code;
  } finally {
    show.end();
    lookout.abort();
    await cast.stop();
    await looking;
  }
}

/** Prints how it ended. @returns the exit code */
function conclude(chronicle: Chronicle, set: SampleSet, fault: unknown, cast: Cast): number {
  const isInterrupted = fault instanceof Error && fault.message === 'interrupted';
  const summary = summarise(chronicle, fault === null ? null : describeFault(fault));
  say('');
  for (const line of describeSummary(summary, chronicle)) say(line);
  say('');
  for (const rejection of chronicle.rejections.slice(0, 10)) {
    say(red(chronicle.describeRejection(rejection.verifier, rejection)));
  }
  if (summary.rejected > 0) for (const line of brokenTerms(chronicle, set)) say(line);
  if (fault === null) for (const line of summary.faults) say(red(`FAILED: ${line}`));
  if (isInterrupted) say('interrupted: the story was not played to its end');
  else if (fault !== null) {
    say(red(describeFault(fault)));
    say(`the operator printed last:\n${cast.operatorLogTail()}`);
  }
  say(JSON.stringify(summary));
  if (isInterrupted) return EXIT_INTERRUPTED;
  return summary.ok ? 0 : EXIT_FAILED;
}

function describeFault(fault: unknown): string {
  if (fault instanceof StoryFault || fault instanceof CastFault) return fault.message;
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}

async function keepRunning(
  { set, binaries, controlPlane, signal }: Scene,
  chronicle: Chronicle,
  cast: Cast,
): Promise<void> {
  cast.issue(true);
  const on = `-n ${set.namespace}`;
  say('');
  say('Everything keeps running until Ctrl-C. In another terminal:');
  say(`  export KUBECONFIG=${controlPlane.kubeconfig()}`);
  say(`  export PATH=${dirname(binaries.kubectl)}:$PATH`);
  say(`  kubectl ${on} get sks -w`);
  say(`  kubectl ${on} annotate sks ${set.name} --overwrite signingkeys.dev/rotate=$(date +%s)`);
  say(`  kubectl ${on} annotate sks ${set.name} --overwrite signingkeys.dev/rollback=$(date +%s)`);
  say(`  kubectl ${on} delete configmap ${set.jwksName}`);
  say('');
  const show = showLines({ output: process.stdout, chronicle });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  show.end();
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value);
}

process.exit(await main());
