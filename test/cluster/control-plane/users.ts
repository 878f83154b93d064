import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { ApiEndpoint } from './api-client.ts';

/** A user that the API server knows by a token of its own. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The user that may do everything: `system:masters` is bound before RBAC is asked. */
export const ADMIN: User = { name: 'admin', groups: ['system:masters'] };

/** Gives each user a random token. Throws when two users have the same name. */
export function issueTokens(users: readonly User[]): ReadonlyMap<string, string> {
  const tokens = new Map<string, string>();
  for (const user of users) {
    if (tokens.has(user.name)) throw new Error(`the user "${user.name}" is there twice`);
    if (!/^[\w.:@-]+$/.test(user.name)) throw new Error(`"${user.name}" is no name for a user`);
    tokens.set(user.name, randomBytes(24).toString('hex'));
  }
  return tokens;
}

/** The file for `--token-auth-file`: token, user name, user id, quoted groups. */
export function writeTokenFile(
  path: string,
  users: readonly User[],
  tokens: ReadonlyMap<string, string>,
): void {
  const lines = users.map(
    (user) => `${tokens.get(user.name)},${user.name},${user.name},"${user.groups.join(',')}"\n`,
  );
  writeFileSync(path, lines.join(''), { mode: 0o600 });
}

/** A fresh key with which the API server signs and checks the tokens of service accounts. */
export function writeServiceAccountKey(path: string): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
}

/** A kubeconfig with one context; JSON, which is YAML too. */
export function writeKubeconfig(
  path: string,
  endpoint: ApiEndpoint,
  user: string,
  token: string,
): void {
  const name = 'signing-key-operator-test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user, namespace: 'default' } }],
    clusters: [
      {
        name,
        cluster: {
          server: endpoint.url,
          'certificate-authority-data': Buffer.from(endpoint.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
