/**
 * The node belongs to the process that started it; tests run in others. This is how they reach
 * it: one request for each thing that may be done to the node, answered when it has been done.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterNode } from './node.ts';

export interface HandsAddress {
  readonly url: string;
  /** What only this node's tests know. */
  readonly token: string;
}

/** By the path that asks for it. */
export const HANDS = {
  restartKubelet: '/restart-kubelet',
  stopApiServer: '/stop-api-server',
  startApiServer: '/start-api-server',
  killContainer: '/kill-container',
} as const;

/** Characters of a container's id. */
const CONTAINER_ID = /^[0-9a-f]{64}$/;

export async function serveHands(
  node: ClusterNode,
): Promise<{ address: HandsAddress; stop: () => Promise<void> }> {
  const token = randomBytes(16).toString('hex');
  const server = createServer((request, response) => {
    const answer = request.headers.authorization === token ? lend(node, request) : refused();
    answer.then(
      () => response.end(),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: { url: `http://127.0.0.1:${port}`, token }, stop };
}

async function refused(): Promise<void> {
  throw new Error('not for you');
}

async function lend(node: ClusterNode, request: IncomingMessage): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  switch (pathname) {
    case HANDS.restartKubelet:
      return await node.restartKubelet();
    case HANDS.stopApiServer:
      return await node.controlPlane.killApiServer();
    case HANDS.startApiServer:
      return await node.controlPlane.startApiServer();
    case HANDS.killContainer: {
      const id = searchParams.get('id') ?? '';
      if (!CONTAINER_ID.test(id)) throw new Error(`"${id}" is no id of a container`);
      await node.containerd.ctr(['tasks', 'kill', '--signal=SIGKILL', id]);
      return;
    }
    default:
      throw new Error(`the node has no hand for ${pathname}`);
  }
}
