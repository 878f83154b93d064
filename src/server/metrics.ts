/** The metrics of the JWKS server, in a registry of its own. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { AnswerCount } from '../platform/answer-server.ts';
import type { ReadResult } from './source.ts';

/** The counts by status and path; paths are those of the server's own table, or `other`. */
export interface RequestCounts {
  of(status: number, path: string): AnswerCount;
}

export interface ServerMetrics {
  readonly registry: Registry;
  readonly counts: RequestCounts;
  setKeys(keys: number): void;
  /** @param atMs milliseconds since the epoch */
  setRead(result: ReadResult, atMs: number): void;
  countDroppedConnection(): void;
}

export function createServerMetrics(): ServerMetrics {
  const registry = new Registry();
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
  const keys = new Gauge({
    name: 'signingkeys_jwks_keys',
    help: 'Keys in the JWKS that is served; 0 while none is.',
    registers: [registry],
  });
  const lastRead = new Gauge({
    name: 'signingkeys_jwks_last_load_timestamp_seconds',
    help: 'When the folder was last read: success where everything in it was valid, else failure.',
    labelNames: ['result'],
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'signingkeys_http_connections_dropped_total',
    help: 'Connections that were closed at once because too many were open.',
    registers: [registry],
  });
  return {
    registry,
    counts: {
      of(status, path) {
        const id = `${status} ${path}`;
        const row = rows.get(id) ?? { code: String(status), path, requests: 0 };
        rows.set(id, row);
        return row;
      },
    },
    setKeys: (count) => keys.set(count),
    setRead: (result, atMs) => lastRead.set({ result }, atMs / 1000),
    countDroppedConnection: () => dropped.inc(),
  };
}
