/** How tests reach the cluster that they share. */
import { inject } from 'vitest';
import { runKubectl } from '../cluster/control-plane/kubectl.ts';
import type { E2eCluster } from './global-setup.ts';
import { askHand, type Hand } from './node/hands.ts';

export function e2eCluster(): E2eCluster {
  return inject('e2eCluster');
}

export interface Answer {
  readonly status: number;
  /** The parsed JSON, or the text where the answer is not JSON. */
  readonly body: unknown;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 15_000;
const FIELD_MANAGER = 'e2e';

/** One request to the API server. Rejects when there is no whole answer in time. */
export async function request(call: Call): Promise<Answer> {
  const answer = await fetch(`${e2eCluster().proxyUrl}${call.path}`, {
    method: call.method ?? 'GET',
    signal: AbortSignal.timeout(call.timeoutMs ?? REQUEST_TIMEOUT_MS),
    ...(call.body === undefined
      ? {}
      : {
          headers: { 'Content-Type': call.contentType ?? 'application/json' },
          body: JSON.stringify(call.body),
        }),
  });
  return { status: answer.status, body: parse(await answer.text()) };
}

/** Runs kubectl. Throws a `KubectlError` when it fails. */
export function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  return runKubectl(e2eCluster().kubectl, args, stdin);
}

/** Server-side apply of any objects, in their order. */
export async function apply(...objects: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`];
  await kubectl(['apply', ...flags, '-f', '-'], list);
}

/** Reads one object; null where there is none. */
export async function read<T>(path: string): Promise<T | null> {
  const { status, body } = await request({ path });
  if (status === 404) return null;
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body as T;
}

/** True where the node is the project's own, and things can be done to it. */
export function hasHands(): boolean {
  return e2eCluster().hands !== null;
}

/** Does one thing to the node itself. Throws on somebody else's cluster: skip such a test there. */
export async function hand(name: Hand, query?: Readonly<Record<string, string>>): Promise<void> {
  const { hands } = e2eCluster();
  if (hands === null) throw new Error(`${name} needs a node of the project's own`);
  await askHand(hands, name, query);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
