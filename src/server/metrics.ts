/** The metrics of the JWKS server, in a registry of its own. */
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { AnswerCount } from '../platform/http/answer-server.ts';
import type { CloseReason } from '../platform/http/connections.ts';
import type { JwksDocument } from './documents.ts';
import type { ReadResult } from './source.ts';

/** Counts by status and path; a path is one that the server serves, or `other`. */
export interface RequestCounts {
  of(status: number, path: string): AnswerCount;
}

export interface ServerMetrics {
  readonly registry: Registry;
  readonly counts: RequestCounts;
  /**
   * Called with what is served whenever any of it may have changed.
   * @param atMs milliseconds since the epoch
   */
  setJwks(jwks: JwksDocument, atMs: number): void;
  /** @param atMs milliseconds since the epoch */
  setRead(result: ReadResult, atMs: number): void;
  countDroppedConnection(reason: CloseReason): void;
}

const CLOSE_REASONS: readonly CloseReason[] = ['room', 'unread'];

export function createServerMetrics(): ServerMetrics {
  const registry = new Registry();
  const counts = requestCounts(registry);
  const setJwks = jwksGauges(registry);
  const lastRead = new Gauge({
    name: 'signingkeys_jwks_last_load_timestamp_seconds',
    help: 'When the folder was last read, by result: success if everything in it was valid, else failure.',
    labelNames: ['result'],
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'signingkeys_http_connections_dropped_total',
    help: 'Connections on the public port that were closed because of a bound, by reason: room (for another) or unread (answers).',
    labelNames: ['reason'],
    registers: [registry],
  });
  // From the start, so that the first one shows as an increase.
  for (const reason of CLOSE_REASONS) dropped.inc({ reason }, 0);
  return {
    registry,
    counts,
    setJwks,
    setRead: (result, atMs) => lastRead.set({ result }, atMs / 1000),
    countDroppedConnection: (reason) => dropped.inc({ reason }),
  };
}

/** Rows that requests count up by themselves, shown at each scrape. */
function requestCounts(registry: Registry): RequestCounts {
  const rows = new Map<string, AnswerCount & { readonly code: string; readonly path: string }>();
  new Counter({
    name: 'signingkeys_http_requests_total',
    help: 'Requests on the public port, by the status and the path of their answer.',
    labelNames: ['code', 'path'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { code, path, requests } of rows.values()) this.inc({ code, path }, requests);
    },
  });
  return {
    of(status, path) {
      const id = `${status} ${path}`;
      const row = rows.get(id) ?? { code: String(status), path, requests: 0 };
      rows.set(id, row);
      return row;
    },
  };
}

/** What is served, and since when: by all other metrics, a mount that is never refreshed looks well. */
function jwksGauges(registry: Registry): ServerMetrics['setJwks'] {
  const registers = [registry];
  const keys = new Gauge({
    name: 'signingkeys_jwks_keys',
    help: 'The number of keys in the JWKS that is served; 0 while none is.',
    registers,
  });
  const keyInfo = new Gauge({
    name: 'signingkeys_jwks_key_info',
    help: 'A key in the JWKS that is served; always 1.',
    labelNames: ['kid'],
    registers,
  });
  const lastChange = new Gauge({
    name: 'signingkeys_jwks_last_change_timestamp_seconds',
    help: 'Since when the present JWKS has been served; 0 while none is.',
    registers,
  });
  let shown: Uint8Array | null = null;
  return ({ bytes, kids }, atMs) => {
    if (shown !== null && Buffer.compare(shown, bytes) === 0) return;
    shown = bytes;
    keys.set(kids.length);
    keyInfo.reset();
    for (const kid of kids) keyInfo.set({ kid }, 1);
    lastChange.set(atMs / 1000);
  };
}
