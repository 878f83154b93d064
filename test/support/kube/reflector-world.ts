import type { ServerResponse } from 'node:http';
import { expect } from 'vitest';
import type { ObjectEvent } from '../../../src/platform/reflector/object-store.ts';
import { Reflector, type ReflectorOptions } from '../../../src/platform/reflector/reflector.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import { eventually } from '../wait/eventually.ts';
import { type ApiSocket, sendJson } from './api-socket.ts';
import { SECRETS, startKube } from './kube-fixture.ts';
import { recordLog } from './log-recorder.ts';
import { WatchServer } from './watch-server.ts';

export interface World {
  readonly server: WatchServer;
  readonly api: ApiSocket;
  readonly clock: VirtualClock;
  readonly reflector: Reflector;
  /** `upsert auth/a uid-a` of every event. */
  readonly told: string[];
  readonly log: ReturnType<typeof recordLog>;
  readonly stop: AbortController;
  readonly run: Promise<void>;
}

/** Runs a reflector against a server; afterwards checks that it leaves nothing behind. */
export async function inWorld(
  prepare: (server: WatchServer) => Partial<ReflectorOptions> | undefined,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const server = new WatchServer();
  await using kube = await startKube(server.answer);
  const told: string[] = [];
  const log = recordLog();
  const tell = (event: ObjectEvent) => {
    told.push(`${event.type} ${event.namespace}/${event.name} ${event.uid}`);
  };
  const reflector = new Reflector({
    client: kube.client,
    clock: kube.clock,
    random: () => 0,
    log,
    resource: SECRETS,
    namespace: 'auth',
    handlers: [tell],
    ...prepare(server),
  });
  const stop = new AbortController();
  const run = reflector.run(stop.signal);
  const { api, clock } = kube;
  try {
    await body({ server, api, clock, reflector, told, log, stop, run });
  } finally {
    stop.abort(new Error('the test is over'));
    await run;
  }
  await eventually('no watch is left open', () => server.openWatches === 0);
  expect(clock.sleeping).toBe(0);
}

/** A refusal whose message must never be seen again. */
export const status = (code: number, headers: Record<string, string> = {}) => {
  return (response: ServerResponse) =>
    sendJson(response, code, { kind: 'Status', code, reason: 'X', message: 'hunter2' }, headers);
};

/** The kinds of the failures that were logged, in order. */
export const failures = ({ log }: World) =>
  log.lines.flatMap(({ message, fields }) =>
    message === 'list or watch failed' ? [fields['kind']] : [],
  );

export const synced = ({ reflector }: World) =>
  eventually('its first list is in', () => reflector.hasSynced());

/** Resolves once the reflector has its list and its watch. */
export const watching = (world: World) =>
  eventually('it watches', () => world.reflector.hasSynced() && world.server.openWatches === 1);
