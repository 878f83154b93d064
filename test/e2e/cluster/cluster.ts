/** How tests reach the cluster that they share. */
import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';
import { KubectlError, runKubectl } from '../../cluster/control-plane/kubectl.ts';
import { runHelm } from '../../tools/run-helm.ts';
import { ROOT } from '../install/project-root.ts';
import { askHand, type Hand } from '../node/hands.ts';
import type { E2eCluster } from './global-setup.ts';
import { type Answer, type Call, requestOver } from './socket-request.ts';

export function e2eCluster(): E2eCluster {
  return inject('e2eCluster');
}

/** The API server is away for a minute, and then has to start. */
const AWAY_MAX_MS = 150_000;
const AGAIN_AFTER_MS = 500;
const FIELD_MANAGER = 'e2e';

/**
 * One request to the API server, made again while that is away, as one of the tests has it. Rejects
 * when there is no whole answer in time.
 */
export function request(call: Call): Promise<Answer> {
  return patiently(async () => {
    const answer = await sendOnce(call);
    if (isFromProxy(answer)) throw new AwayError(String(answer.body));
    return answer;
  });
}

async function sendOnce(call: Call): Promise<Answer> {
  try {
    return await requestOver(e2eCluster().apiSocketPath, call);
  } catch (error) {
    // The proxy cuts an answer off in whose middle the API server went.
    throw error instanceof Error && AWAY.test(`${error.message} ${String(error.cause ?? '')}`)
      ? new AwayError(error.message, { cause: error })
      : error;
  }
}

/** What `kubectl proxy` answers by itself, in plain words, if it reaches no API server. */
function isFromProxy({ status, body }: Answer): boolean {
  return status === 502 || (status === 500 && typeof body === 'string' && AWAY.test(body));
}

/** Runs kubectl, again while the API server is away. Throws a `KubectlError` when it fails. */
export function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  return patiently(async () => {
    try {
      return await runKubectl(e2eCluster().kubectl, args, stdin);
    } catch (error) {
      throw error instanceof KubectlError && AWAY.test(error.stderr)
        ? new AwayError(error.message)
        : error;
    }
  });
}

const HELM_TIMEOUT_MS = 300_000;

/**
 * Runs Helm in the project's root, where the charts are, again while the API server is away. Throws
 * what it printed to stderr when it fails.
 */
export function helm(...args: readonly string[]): Promise<string> {
  return patiently(async () => {
    try {
      return await runHelm(e2eCluster().helm, args, { cwd: ROOT, timeoutMs: HELM_TIMEOUT_MS });
    } catch (error) {
      throw AWAY.test(String(error)) ? new AwayError(String(error)) : error;
    }
  });
}

/** The API server could not be reached at all. */
class AwayError extends Error {}

/** What kubectl, its proxy and Helm say then. */
const AWAY =
  /connection refused|was refused|connection reset|ECONNRESET|socket hang up|\bEOF\b|unable to handle the request/;

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + AWAY_MAX_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AwayError) || performance.now() > endMs) throw error;
    }
    await pause(AGAIN_AFTER_MS);
  }
}

/** Server-side apply of any objects, in their order. */
export async function apply(...objects: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`];
  await kubectl(['apply', ...flags, '-f', '-'], list);
}

/** Reads one object; null if there is none. */
export async function read<T>(path: string): Promise<T | null> {
  const { status, body } = await request({ path });
  if (status === 404) return null;
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body as T;
}

/** True if the node is the project's own, so that a test can restart parts of it. */
export function hasHands(): boolean {
  return e2eCluster().hands !== null;
}

/** Does one thing to the node itself. Throws on someone else's cluster: skip such a test there. */
export async function hand(name: Hand, query?: Readonly<Record<string, string>>): Promise<void> {
  const { hands } = e2eCluster();
  if (hands === null) throw new Error(`${name} needs a node of the project's own`);
  await askHand(hands, name, query);
}
