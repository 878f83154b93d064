/** The user of a kubeconfig: who this program is for the API server, and as whom it acts. */

import { accessSync } from 'node:fs';
import type { User } from '@kubernetes/client-node';
import { bothSet, type ClusterConfig } from './cluster.ts';
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';
import { type Entry, pathIn } from './entries.ts';
import { type ExecPlugin, readExecPlugin } from './exec-plugin.ts';
import { type Fields, readFields, USER_FIELDS } from './fields.ts';
import { type Headers, impersonationOf } from './impersonation.ts';

type UserFields = Fields<typeof USER_FIELDS>;

export interface UserConfig {
  /** For client-node. It has the plugin as well. */
  readonly user: User;
  readonly impersonation: Headers;
  readonly plugin: ExecPlugin | null;
}

/** @throws KubeConfigError that names the field */
export function readUser(entry: Entry, cluster: ClusterConfig): UserConfig {
  const where = `${entry.file}: the user ${JSON.stringify(entry.name)}`;
  const fields = readFields(where, entry.fields, USER_FIELDS);
  refuseContradictions(where, fields);
  refuseAuthProvider(where, fields);
  const impersonation = impersonationOf(where, fields);
  refuseClearText(where, fields, cluster);
  const { exec } = fields;
  const plugin = exec === undefined ? null : readExecPlugin(where, entry, exec, cluster);
  // Like kubectl: what needs no plugin takes precedence.
  const used = hasFixedCredentials(fields) ? null : plugin;
  return { user: userOf(entry, fields, used), impersonation, plugin: used };
}

function userOf(entry: Entry, fields: UserFields, plugin: ExecPlugin | null): User {
  const path = (text: string | undefined) => (text === undefined ? undefined : pathIn(entry, text));
  const set = {
    certFile: path(fields['client-certificate']),
    certData: fields['client-certificate-data'],
    keyFile: path(fields['client-key']),
    keyData: fields['client-key-data'],
    username: fields.username,
    password: fields.username === undefined ? undefined : (fields.password ?? ''),
    exec: plugin ?? undefined,
    ...tokenOf(fields.token, path(fields.tokenFile)),
  };
  const given = Object.entries(set).filter(([, value]) => value !== undefined);
  return { name: entry.name, ...Object.fromEntries(given) };
}

/**
 * Like kubectl: the file's content takes precedence, once it can be read. client-node ignores the field.
 * Its token-file provider, which it uses inside a cluster, notices a rotated file as well.
 */
function tokenOf(token: string | undefined, tokenFile: string | undefined): Partial<User> {
  if (tokenFile === undefined || (token !== undefined && !isThere(tokenFile))) {
    return token === undefined ? {} : { token };
  }
  return { authProvider: { name: 'tokenFile', config: { tokenFile } } };
}

function isThere(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

function hasToken({ token, tokenFile }: UserFields): boolean {
  return token !== undefined || tokenFile !== undefined;
}

function hasCertificate(fields: UserFields): boolean {
  return (
    fields['client-certificate'] !== undefined || fields['client-certificate-data'] !== undefined
  );
}

function hasFixedCredentials(fields: UserFields): boolean {
  return hasToken(fields) || fields.username !== undefined || hasCertificate(fields);
}

/** What kubectl refuses, because something would be ignored. */
function refuseContradictions(where: string, fields: UserFields): void {
  const pairs = [
    ['client-certificate', 'client-certificate-data'],
    ['client-key', 'client-key-data'],
    ['exec', 'auth-provider'],
    ['token', 'username'],
    ['tokenFile', 'username'],
  ] as const;
  for (const [one, other] of pairs) {
    if (fields[one] !== undefined && fields[other] !== undefined) throw bothSet(where, one, other);
  }
  const hasKey = fields['client-key'] !== undefined || fields['client-key-data'] !== undefined;
  if (hasKey !== hasCertificate(fields)) {
    const [one, other] = hasKey ? ['key', 'certificate'] : ['certificate', 'key'];
    throw new KubeConfigError(
      `${where} has a client-${one}, but no client-${other}. ${CORRECT_FILE}`,
    );
  }
  if (fields.password !== undefined && fields.username === undefined) {
    throw new KubeConfigError(`${where} has a password, but no username. ${CORRECT_FILE}`);
  }
}

/**
 * kubectl has removed all of them but `oidc`. Of that one it writes each renewed refresh token into the
 * kubeconfig, which may be the only valid one afterwards. A program that runs for years, in two
 * copies and from a read-only file, can't.
 */
function refuseAuthProvider(where: string, fields: UserFields): void {
  if (fields['auth-provider'] === undefined) return;
  throw new KubeConfigError(
    `${where} has an auth-provider, which this program does not support. Use exec with a plugin ` +
      '(kubelogin for OIDC), a tokenFile or a client certificate',
  );
}

/**
 * kubectl sends no credentials over http, and acts as nobody in particular. A kubeconfig that has some
 * is more likely a mistake, or a proxy on this machine, for which `insecure-skip-tls-verify` says so.
 */
function refuseClearText(where: string, fields: UserFields, cluster: ClusterConfig): void {
  const { server } = cluster;
  if (server.protocol === 'https:' || cluster.fields['insecure-skip-tls-verify'] === true) return;
  const names = Object.keys(fields).filter((name) => name !== 'extensions');
  if (names.length === 0) return;
  throw new KubeConfigError(
    `${where}: http to ${server.origin} would expose ${names.join(', ')}. Use https, or a user without ` +
      'credentials, or set insecure-skip-tls-verify: true for a proxy on this machine',
  );
}
