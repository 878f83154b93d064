/** Many sets on a real API server: until all are Ready, then that nothing is written any more. */
import { LABEL } from '../src/core/formats/names.ts';
import { waitFor } from '../test/support/wait/wait-for.ts';
import { type Asked, AuditTail } from './audit-tail.ts';
import {
  createSets,
  inParallel,
  NAMESPACE,
  type PlainClient,
  PUBLICATION_DELAY_MS,
  plainClient,
  SETS_PATH,
  setName,
  waitForReady,
  withControlPlane,
} from './cluster.ts';
import { startOperator } from './operator.ts';
import { cpuSecondsOf, memoryOf, type Program } from './program.ts';
import { type Figures, median, round } from './report.ts';

const SETS_DEFAULT = 1000;
const READY_TIMEOUT_MS = 1_800_000;
const REST_TIMEOUT_MS = 600_000;
/** So long without a write counts as at rest. Longer than any term of the bench's sets. */
const REST_MS = 25_000;
const IDLE_MS = 30_000;
const TOUCHES = 100;
/** The goal for a set's reads until its first key signs. */
const READS_GOAL = 12;

export async function benchSets(say: (line: string) => void): Promise<Figures> {
  const sets = setsAskedFor();
  return await withControlPlane(say, async (controlPlane) => {
    using client = plainClient(controlPlane);
    const tail = new AuditTail(controlPlane.auditLogPath);
    await using operator = await startOperator(controlPlane);
    const { program } = operator;
    const ready = await untilReady(client, tail, program, sets, say);
    const rest = await atRest(client, tail, program, ready, say);
    const metrics = await operator.metrics();
    const floorMs = await floor(client, ready.writes, say);
    if (operator.output() !== '') say(`the operator's last lines:\n${operator.output()}`);
    return {
      sets,
      ...ready.figures,
      floorMs: round(floorMs, 0),
      ratioToFloor: round((ready.readyMs - PUBLICATION_DELAY_MS) / floorMs),
      ...rest,
      heapUsedAfterMb: round(gauge(metrics, 'nodejs_heap_size_used_bytes') / 1e6, 1),
    };
  });
}

interface Ready {
  readonly sets: number;
  readonly readyMs: number;
  /** When the last set became Ready, by the wall clock. */
  readonly readyAtMs: number;
  readonly writes: number;
  readonly figures: Figures;
}

async function untilReady(
  client: PlainClient,
  tail: AuditTail,
  operator: Program,
  sets: number,
  say: (line: string) => void,
): Promise<Ready> {
  const rssBefore = memoryOf(operator.pid).rssBytes;
  const cpuBefore = cpuSecondsOf(operator.pid);
  const beganMs = performance.now();
  await createSets(client, sets);
  const createdMs = performance.now() - beganMs;
  say(`${sets} sets created in ${round(createdMs / 1000)} s`);
  await waitForReady(client, sets, READY_TIMEOUT_MS);
  const readyMs = performance.now() - beganMs;
  const readyAtMs = Date.now();
  const asked = tail.read();
  const writes = asked.filter(({ kind }) => kind === 'write');
  const reads = asked.filter(({ kind }) => kind === 'read');
  const untilSigning = readsUntilSigning(asked);
  const figures = {
    createdMs: round(createdMs, 0),
    readyMs: round(readyMs, 0),
    declaredPublicationDelayMs: PUBLICATION_DELAY_MS,
    readyBeyondDelayMs: round(readyMs - PUBLICATION_DELAY_MS, 0),
    writesPerSet: round(writes.length / sets),
    readsUntilSigning: median(untilSigning),
    readsUntilSigningMax: Math.max(...untilSigning),
    readsUntilSigningGoal: READS_GOAL,
    readsPerSet: round(reads.length / sets),
    writesByKind: perSet(writes, sets),
    readsByKind: perSet(reads, sets),
    refusedWrites: writes.filter(({ status }) => status >= 400).length,
    operatorCpuSeconds: round(cpuSecondsOf(operator.pid) - cpuBefore),
    rssBeforeMb: round(rssBefore / 1e6, 1),
    rssPeakMb: round(memoryOf(operator.pid).peakBytes / 1e6, 1),
  };
  return { sets, readyMs, readyAtMs, writes: writes.length, figures };
}

/** Of each set, what was read of it and its objects before its signer was created. */
function readsUntilSigning(asked: readonly Asked[]): readonly number[] {
  const reads = new Map<string, number>();
  const done = new Map<string, number>();
  for (const { kind, what, name } of asked) {
    const set = setOf(name);
    if (set === null) continue;
    if (kind === 'read') reads.set(set, (reads.get(set) ?? 0) + 1);
    const isSigner = what === 'create secrets' && name === `${set}-signer`;
    if (isSigner && !done.has(set)) done.set(set, reads.get(set) ?? 0);
  }
  return [...done.values()];
}

/** Of an object of a set, or of a selector of its Secrets. */
function setOf(name: string): string | null {
  const object = name.startsWith(`${LABEL.set}=`) ? name.slice(LABEL.set.length + 1) : name;
  return /^bench-[0-9]+(?=$|-signer$|-jwks$|-key-)/.exec(object)?.[0] ?? null;
}

/** Everything has come to rest: idling and touched labels make the operator write nothing. */
async function atRest(
  client: PlainClient,
  tail: AuditTail,
  operator: Program,
  { sets, readyAtMs }: Ready,
  say: (line: string) => void,
): Promise<Figures> {
  say('waiting for the last write');
  const writesSince = (sinceMs: number) => tail.since(sinceMs, 'write');
  await waitFor(() => writesSince(Date.now() - REST_MS).length === 0, {
    timeoutMs: REST_TIMEOUT_MS,
    intervalMs: 2000,
    describe: 'the operator to come to rest',
  });
  const all = writesSince(0);
  const total = all.length;
  const sinceMs = Date.now();
  const cpuBefore = cpuSecondsOf(operator.pid);
  await inParallel(TOUCHES, 4, (index) =>
    client.send(
      'PATCH',
      `${SETS_PATH}/${setName(index % sets)}`,
      { metadata: { labels: { touched: `t${index}` } } },
      'application/merge-patch+json',
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return {
    restAfterReadyMs: Math.max(0, (all.at(-1)?.atMs ?? 0) - readyAtMs),
    writesPerSetInAll: round(total / sets),
    idleMs: IDLE_MS,
    touches: TOUCHES,
    writesAtRest: writesSince(sinceMs).length,
    readsAtRest: tail.since(sinceMs, 'read').length,
    cpuSecondsAtRest: round(cpuSecondsOf(operator.pid) - cpuBefore),
    rssAfterMb: round(memoryOf(operator.pid).rssBytes / 1e6, 1),
  };
}

/** The peer: as many plain writes over as many connections, by a client that does nothing else. */
async function floor(client: PlainClient, writes: number, say: (line: string) => void) {
  say(`the floor: ${writes} plain writes`);
  const data = { 'jwks.json': 'x'.repeat(600), 'serve.json': 'x'.repeat(100) };
  const beganMs = performance.now();
  await inParallel(writes, 8, (index) =>
    client.send('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `floor-${index}` },
      data,
    }),
  );
  return performance.now() - beganMs;
}

function perSet(asked: readonly Asked[], sets: number): Readonly<Record<string, number>> {
  const counts = Map.groupBy(asked, ({ what }) => what);
  return Object.fromEntries([...counts].map(([kind, { length }]) => [kind, round(length / sets)]));
}

function setsAskedFor(): number {
  const text = process.env['SETS'] ?? String(SETS_DEFAULT);
  const sets = Number(text);
  if (Number.isInteger(sets) && sets >= 1 && sets <= 5000) return sets;
  throw new Error(`SETS must be a number from 1 to 5000, not ${JSON.stringify(text)}`);
}

function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1] ?? 0);
}
