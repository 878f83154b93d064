/** A real API server for a suite, the sets in it, and a plain fast client. */
import { Agent, request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { API_GROUP_VERSION, SET_KIND, SET_PLURAL } from '../src/core/formats/names.ts';
import { ensureBinaries } from '../test/cluster/control-plane/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../test/cluster/control-plane/control-plane.ts';
import { applyCrds } from '../test/cluster/control-plane/crds.ts';
import { waitFor } from '../test/support/wait/wait-for.ts';

const CRDS = fileURLToPath(new URL('../crds', import.meta.url));
export const NAMESPACE = 'default';
export const SETS_PATH = `/apis/${API_GROUP_VERSION}/namespaces/${NAMESPACE}/${SET_PLURAL}`;

/** P, the smallest that the terms of a set may sensibly declare. */
export const PUBLICATION_DELAY_MS = 1000;

/** Short terms, so that Ready comes soon; a rotation is a month away. */
export const SPEC = {
  algorithm: 'ES256',
  tokenTTL: '60s',
  verifierCacheTTL: '20s',
  rotation: { interval: '720h' },
  timing: {
    publicationDelay: `${PUBLICATION_DELAY_MS}ms`,
    signerRefreshDelay: '1s',
    verifierLeeway: '1s',
    clockSkew: '1s',
  },
} as const;

export async function withControlPlane<T>(
  say: (line: string) => void,
  work: (controlPlane: ControlPlane) => Promise<T>,
): Promise<T> {
  const controlPlane = await startControlPlane({ binaries: await ensureBinaries(say) });
  try {
    await applyCrds((args) => controlPlane.kubectl(args), CRDS);
    return await work(controlPlane);
  } finally {
    await controlPlane.stop();
  }
}

export interface PlainClient extends Disposable {
  /** @returns the parsed answer; throws unless it is 2xx */
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>;
}

/** Keep-alive connections, as many as the operator opens for its requests. */
export function plainClient(controlPlane: ControlPlane, connections = 8): PlainClient {
  const { url, ca } = controlPlane;
  const authorization = `Bearer ${controlPlane.token()}`;
  const agent = new Agent({ ca, keepAlive: true, maxSockets: connections });
  return {
    send: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const headers = { authorization, 'content-type': contentType };
        const outgoing = request(`${url}${path}`, { agent, method, headers }, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const status = incoming.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(JSON.parse(text));
            else reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`));
          });
        });
        outgoing.on('error', reject);
        outgoing.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Runs `work` for 0 … count - 1, so many at a time. */
export async function inParallel(
  count: number,
  atATime: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

export function setName(index: number): string {
  return `bench-${index}`;
}

export async function createSets(client: PlainClient, count: number): Promise<void> {
  await inParallel(count, 8, (index) =>
    client.send('POST', SETS_PATH, {
      apiVersion: API_GROUP_VERSION,
      kind: SET_KIND,
      metadata: { name: setName(index) },
      spec: SPEC,
    }),
  );
}

interface SetList {
  readonly items: readonly {
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

export async function countReady(client: PlainClient): Promise<number> {
  const { items } = (await client.send('GET', `${SETS_PATH}?resourceVersion=0`)) as SetList;
  const isReady = (conditions: readonly { readonly type: string; readonly status: string }[]) =>
    conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return items.filter(({ status }) => isReady(status?.conditions ?? [])).length;
}

/** Waits until so many sets are Ready. */
export async function waitForReady(client: PlainClient, count: number, timeoutMs: number) {
  await waitFor(async () => (await countReady(client)) >= count, {
    timeoutMs,
    intervalMs: 500,
    describe: `${count} sets to be Ready`,
  });
}
