/** The operator as users run it: a process of its own, with a service account and no more rights than it needs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { waitFor } from '../../support/wait/wait-for.ts';
import { createServiceAccount, request, type ServiceAccount } from '../shared-control-plane.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = 'src/main.ts';

/** All that it needs in one namespace, the lease of an election included. */
const RULES = [
  {
    apiGroups: ['signingkeys.dev'],
    resources: ['signingkeysets'],
    verbs: ['get', 'list', 'watch', 'update'],
  },
  { apiGroups: ['signingkeys.dev'], resources: ['signingkeysets/status'], verbs: ['update'] },
  {
    apiGroups: [''],
    resources: ['secrets', 'configmaps'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets'],
    verbs: ['get', 'patch'],
  },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
  },
];

/** @param name tells two operators of one namespace apart in the audit log. */
export async function createOperatorAccount(
  namespace: string,
  name = 'operator',
): Promise<ServiceAccount> {
  const account = await createServiceAccount(namespace, name);
  const metadata = { name, namespace };
  const folder = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const subject = { kind: 'ServiceAccount', name, namespace };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  const role = { apiVersion, kind: 'Role', metadata, rules: RULES };
  const binding = { apiVersion, kind: 'RoleBinding', metadata, subjects: [subject], roleRef };
  for (const [path, body] of [
    [`${folder}/roles`, role],
    [`${folder}/rolebindings`, binding],
  ] as const) {
    const { status } = await request({ method: 'POST', path, body });
    if (status !== 201) throw new Error(`POST ${path} answered ${status}`);
  }
  return account;
}

export interface OperatorProcess {
  /** Everything that it printed. */
  output(): string;
  /** Where /metrics and the probes are. */
  url(): Promise<string>;
  /** Sends a signal and waits for the end. @returns the exit code, or the signal's name */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string>;
  /** Waits for the end without asking for it. */
  ended(): Promise<number | string>;
}

export interface OperatorStart {
  readonly kubeconfigPath: string;
  readonly namespace: string;
  readonly args?: readonly string[];
}

/** Ends with the test, if it did not before. */
export function startOperator({
  kubeconfigPath,
  namespace,
  args = [],
}: OperatorStart): OperatorProcess {
  const flags = ['--kubeconfig', kubeconfigPath, '--watch-namespaces', namespace];
  return startProgram(['operator', ...flags, '--listen', '127.0.0.1:0', ...args]);
}

/** The program with these arguments. By default it ends with the test, if not before. */
export function startProgram(
  words: readonly string[],
  { endsWithTest = true }: { readonly endsWithTest?: boolean } = {},
): OperatorProcess {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const end = (signal: 'SIGTERM' | 'SIGKILL') => endOf(child, signal);
  if (endsWithTest) {
    onTestFinished(async () => {
      await end('SIGKILL');
    });
  }
  return {
    output: () => output,
    url: () => urlIn(() => output),
    end,
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode ?? child.signalCode ?? 'unknown';
    },
  };
}

async function endOf(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  return child.exitCode ?? child.signalCode ?? 'unknown';
}

async function urlIn(output: () => string): Promise<string> {
  const port = await waitFor(() => /"port":([0-9]+)/.exec(output())?.[1], {
    timeoutMs: 30_000,
    describe: 'the operator to say its port',
  });
  return `http://127.0.0.1:${port}`;
}
