/** Many sets on a real API server: until all are Ready, then that nothing is written any more. */
import { get } from 'node:http';
import {
  type AuditEvent,
  auditEvents,
  WRITE_VERBS,
} from '../test/cluster/control-plane/audit-log.ts';
import type { ControlPlane } from '../test/cluster/control-plane/control-plane.ts';
import { waitFor } from '../test/support/wait/wait-for.ts';
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
import { cpuSecondsOf, freePort, memoryOf, type Program, startProgram } from './program.ts';
import { type Figures, round } from './report.ts';

const SETS_DEFAULT = 1000;
const READY_TIMEOUT_MS = 900_000;
/** So long without a write counts as at rest. Longer than any term of the bench's sets. */
const REST_MS = 25_000;
const IDLE_MS = 30_000;
const TOUCHES = 100;
const USER_AGENT = 'signing-key-operator';

export async function benchSets(say: (line: string) => void): Promise<Figures> {
  const sets = setsAskedFor();
  return await withControlPlane(say, async (controlPlane) => {
    using client = plainClient(controlPlane);
    const port = await freePort();
    const operator = await startProgram(
      ['operator', '--listen', `127.0.0.1:${port}`, '--log-level', 'warn'],
      { KUBECONFIG: controlPlane.kubeconfig() },
    );
    try {
      await waitFor(async () => (await textOf(`http://127.0.0.1:${port}/readyz`)) === 'ok\n', {
        timeoutMs: 30_000,
        describe: 'the operator to be ready',
      });
      const ready = await untilReady(client, controlPlane, operator, sets, say);
      const rest = await atRest(client, controlPlane, operator, sets, say);
      const metrics = await textOf(`http://127.0.0.1:${port}/metrics`);
      const floorMs = await floor(client, ready.writes, say);
      return {
        sets,
        ...ready.figures,
        floorMs: round(floorMs, 0),
        ratioToFloor: round((ready.readyMs - PUBLICATION_DELAY_MS) / floorMs),
        ...rest,
        heapUsedAfterMb: round(gauge(metrics, 'nodejs_heap_size_used_bytes') / 1e6, 1),
      };
    } finally {
      await operator.stop();
      if (operator.output() !== '') say(`the operator's last lines:\n${operator.output()}`);
    }
  });
}

async function untilReady(
  client: PlainClient,
  controlPlane: ControlPlane,
  operator: Program,
  sets: number,
  say: (line: string) => void,
) {
  const rssBefore = memoryOf(operator.pid).rssBytes;
  const cpuBefore = cpuSecondsOf(operator.pid);
  const beganMs = performance.now();
  await createSets(client, sets);
  const createdMs = performance.now() - beganMs;
  say(`${sets} sets created in ${round(createdMs / 1000)} s`);
  await waitForReady(client, sets, READY_TIMEOUT_MS);
  const readyMs = performance.now() - beganMs;
  const events = operatorEvents(controlPlane, 0);
  const writes = events.filter(({ verb }) => WRITE_VERBS.includes(verb));
  const reads = events.filter(({ verb }) => verb === 'get' || verb === 'list');
  const figures = {
    createdMs: round(createdMs, 0),
    readyMs: round(readyMs, 0),
    declaredPublicationDelayMs: PUBLICATION_DELAY_MS,
    readyBeyondDelayMs: round(readyMs - PUBLICATION_DELAY_MS, 0),
    writesPerSet: round(writes.length / sets),
    readsPerSet: round(reads.length / sets),
    writesByKind: perSet(writes, sets),
    readsByKind: perSet(reads, sets),
    refusedWrites: writes.filter(({ responseStatus }) => responseStatus >= 400).length,
    operatorCpuSeconds: round(cpuSecondsOf(operator.pid) - cpuBefore),
    rssBeforeMb: round(rssBefore / 1e6, 1),
    rssPeakMb: round(memoryOf(operator.pid).peakBytes / 1e6, 1),
  };
  return { readyMs, writes: writes.length, figures };
}

/** Everything has come to rest: idling and touched labels make the operator write nothing. */
async function atRest(
  client: PlainClient,
  controlPlane: ControlPlane,
  operator: Program,
  sets: number,
  say: (line: string) => void,
): Promise<Figures> {
  say('waiting for the last write');
  await waitFor(() => writesSince(controlPlane, Date.now() - REST_MS).length === 0, {
    timeoutMs: 300_000,
    intervalMs: 2000,
    describe: 'the operator to come to rest',
  });
  const total = writesSince(controlPlane, 0).length;
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
    writesPerSetInAll: round(total / sets),
    idleMs: IDLE_MS,
    touches: TOUCHES,
    writesAtRest: writesSince(controlPlane, sinceMs).length,
    readsAtRest: operatorEvents(controlPlane, sinceMs).filter(({ verb }) => verb === 'get').length,
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

function operatorEvents({ auditLogPath }: ControlPlane, sinceMs: number): AuditEvent[] {
  return auditEvents(auditLogPath, { sinceMs }).filter(({ userAgent }) => userAgent === USER_AGENT);
}

function writesSince(controlPlane: ControlPlane, sinceMs: number): AuditEvent[] {
  return operatorEvents(controlPlane, sinceMs).filter(({ verb }) => WRITE_VERBS.includes(verb));
}

function perSet(events: readonly AuditEvent[], sets: number): Readonly<Record<string, number>> {
  const counts = Map.groupBy(events, ({ verb, resource }) => `${verb} ${resource}`);
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

function textOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });
}
