import { createKubeClient, type KubeClient } from '../../../src/platform/kube/client.ts';
import {
  createKubeTransport,
  type KubeTransport,
} from '../../../src/platform/kube/http-transport.ts';
import type { Resource } from '../../../src/platform/kube/resource.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import {
  type Answering,
  type ApiSocket,
  kubeconfigText,
  startApiSocket,
  TestFolder,
} from './api-socket.ts';

export const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', namespaced: true };

/** A client on a virtual clock, over a real socket. */
export interface KubeFixture extends AsyncDisposable {
  readonly api: ApiSocket;
  readonly transport: KubeTransport;
  readonly client: KubeClient;
  readonly clock: VirtualClock;
}

export async function startKube(answer: Answering): Promise<KubeFixture> {
  const api = await startApiSocket(answer);
  using folder = new TestFolder();
  const kubeconfig = folder.write(
    'config',
    kubeconfigText({ server: api.url, 'insecure-skip-tls-verify': true }),
  );
  const clock = new VirtualClock();
  const transport = createKubeTransport({ kubeconfig, clock });
  return {
    api,
    transport,
    clock,
    client: createKubeClient({ transport, clock }),
    async [Symbol.asyncDispose]() {
      await transport.close();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** A signal that nobody aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** What a promise rejects with; fails if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol('resolved');
  const error: unknown = await promise.then(
    () => nothing,
    (reason: unknown) => reason,
  );
  if (error === nothing) throw new Error('it resolved');
  return error;
}
