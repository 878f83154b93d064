import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { type ApiAnswer, type ApiRequest, callApi } from './control-plane/api-client.ts';
import * as audit from './control-plane/audit-log.ts';
import { runKubectl } from './control-plane/kubectl.ts';
import { writeKubeconfig } from './control-plane/users.ts';
import type { SharedControlPlane } from './global-setup.ts';
import { removeNamespace } from './remove-namespace.ts';

/** Where the control plane that all tests share is, and how to get in. */
export function sharedControlPlane(): SharedControlPlane {
  return inject('controlPlane');
}

/** How a request or a kubectl is made: as a user by name, or with a token. Else as `admin`. */
export type As = { readonly user?: string } | { readonly token: string };

/** One request to the shared API server. */
export function request(call: Omit<ApiRequest, 'token'>, as: As = {}): Promise<ApiAnswer> {
  return callApi(sharedControlPlane(), { ...call, token: tokenOf(as) });
}

/** Runs kubectl, by default as `admin`. Throws a `KubectlError` when it fails. */
export function kubectl(
  args: readonly string[],
  options: { readonly user?: string; readonly stdin?: string } = {},
): Promise<string> {
  const shared = sharedControlPlane();
  const setup = {
    binary: shared.kubectlPath,
    kubeconfigPath: known(options.user).kubeconfigPath,
    cacheFolder: join(shared.folder, 'kubectl-cache'),
  };
  return runKubectl(setup, args, options.stdin);
}

/**
 * Makes a namespace with a name of its own and returns the name. It is removed with all that is
 * in it when the test ends. Outside a test (in `beforeAll`) use `makeNamespace`.
 */
export async function createNamespace(prefix: string): Promise<string> {
  const { name, remove } = await makeNamespace(prefix);
  onTestFinished(remove);
  return name;
}

/** As `createNamespace`, for whoever removes it himself. */
export async function makeNamespace(
  prefix: string,
): Promise<{ name: string; remove: () => Promise<void> }> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await created('/api/v1/namespaces', body);
  return { name, remove: () => removeNamespace(name, request) };
}

export interface ServiceAccount {
  /** As RBAC and the audit log know it, `system:serviceaccount:NAMESPACE:NAME`. */
  readonly user: string;
  readonly token: string;
  readonly kubeconfigPath: string;
}

/**
 * Makes a service account, without any rights, and a token for it: the way in that the operator
 * has in a real cluster. Bind roles to it with `kubectl` or `request`.
 */
export async function createServiceAccount(
  namespace: string,
  name: string,
): Promise<ServiceAccount> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await created(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  return await serviceAccount(namespace, name);
}

/** A token for a service account that is there already. */
export async function serviceAccount(namespace: string, name: string): Promise<ServiceAccount> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const answer = await created(path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  const { token } = (answer as { status: { token: string } }).status;
  const shared = sharedControlPlane();
  const user = `system:serviceaccount:${namespace}:${name}`;
  const kubeconfigPath = join(shared.folder, `kubeconfig-${namespace}-${name}.json`);
  writeKubeconfig(kubeconfigPath, shared, user, token);
  return { user, token, kubeconfigPath };
}

/** The finished requests for a change that match, in order. */
export function auditWrites(filter?: audit.AuditFilter): audit.AuditEvent[] {
  return audit.auditWrites(sharedControlPlane().auditLogPath, filter);
}

/** All finished requests that match, reads included, in order. */
export function auditEvents(filter?: audit.AuditFilter): audit.AuditEvent[] {
  return audit.auditEvents(sharedControlPlane().auditLogPath, filter);
}

async function created(path: string, body: unknown): Promise<unknown> {
  const answer = await request({ method: 'POST', path, body });
  if (answer.status === 201) return answer.body;
  throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

function tokenOf(as: As): string {
  return 'token' in as ? as.token : known(as.user).token;
}

function known(user = 'admin'): { token: string; kubeconfigPath: string } {
  const { users } = sharedControlPlane();
  const found = users[user];
  if (found !== undefined) return found;
  const names = Object.keys(users).join(', ');
  throw new Error(`the shared control plane has no user "${user}"; it has ${names}`);
}
