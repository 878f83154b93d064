import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { setsIn } from '../sets.ts';
import {
  auditEvents,
  createNamespace,
  createServiceAccount,
  kubectl,
  request,
} from '../shared-control-plane.ts';
import { issuersIn, ONE_OF_EACH } from './issuer-pods.ts';
import { eventually, FAST_SPEC, inNamespace } from './operator-cases.ts';
import { startOperator } from './operator-process.ts';

const SECURITY = fileURLToPath(new URL('../../../SECURITY.md', import.meta.url));
const RBAC = 'rbac.authorization.k8s.io';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the ClusterRole that users copy from SECURITY.md. */
function documentedRules(): readonly Rule[] {
  const block = /```yaml\n([\s\S]*?)```/.exec(readFileSync(SECURITY, 'utf8'))?.[1] ?? '';
  return (parse(block) as { rules: readonly Rule[] }).rules;
}

/** A service account with just these rules in its own namespace. */
async function accountWith(namespace: string, rules: readonly Rule[]): Promise<string> {
  const account = await createServiceAccount(namespace, 'documented');
  const folder = `/apis/${RBAC}/v1/namespaces/${namespace}`;
  const head = { apiVersion: `${RBAC}/v1`, metadata: { name: 'documented' } };
  const subjects = [{ kind: 'ServiceAccount', name: 'documented', namespace }];
  const roleRef = { apiGroup: RBAC, kind: 'Role', name: 'documented' };
  const bodies = { roles: { ...head, rules }, rolebindings: { ...head, subjects, roleRef } };
  for (const [plural, body] of Object.entries(bodies)) {
    const { status } = await request({ method: 'POST', path: `${folder}/${plural}`, body });
    expect(status).toBe(201);
  }
  return account.kubeconfigPath;
}

/** What was used of the rules and what was refused, as `verb resource`, by the server's own log. */
function usedBy(user: string) {
  const events = auditEvents({ user });
  const textOf = ({ verb, resource }: (typeof events)[number]) => `${verb} ${resource}`;
  const refused = events.filter(({ responseStatus }) => responseStatus === 403);
  return { used: new Set(events.map(textOf)), refused: refused.map(textOf) };
}

function textsOf(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
}

test('the role in SECURITY.md is enough for a whole life, and nothing in it is idle', async () => {
  const namespace = await createNamespace('op-role');
  const rules = documentedRules();
  const kubeconfigPath = await accountWith(namespace, rules);
  const { statusOf, secret, configMap } = inNamespace(namespace);
  const sets = setsIn(namespace);
  const args = ['--leader-elect', '--lease-namespace', namespace];
  const operator = startOperator({ kubeconfigPath, namespace, args });
  const issuers = issuersIn(namespace);
  for (const workload of ONE_OF_EACH) await issuers.makeWorkload(workload);
  const signer = { restart: ONE_OF_EACH };
  await sets.create('payments', { ...FAST_SPEC, signer, deletionPolicy: 'Delete' });
  await eventually('a standby', async () => (await statusOf('payments')).keyCount === 2);

  // A switch, and pods that have to be restarted after it.
  for (const of of ONE_OF_EACH) await issuers.startPod(`${of.name}-old`, { manner: 'env', of });
  await kubectl(['-n', namespace, 'annotate', 'sks', 'payments', 'signingkeys.dev/rotate=once']);
  await eventually(
    'each workload to be restarted',
    async () => {
      const marks = await Promise.all(ONE_OF_EACH.map(issuers.markOf));
      return marks.every((mark) => mark !== undefined);
    },
    90_000,
  );

  // By hand: a label that is put back by a patch, and a JWKS that is written again.
  await kubectl(['-n', namespace, 'label', 'secret', 'payments-key-1', 'signingkeys.dev/set-']);
  await kubectl(['-n', namespace, 'delete', 'configmap', 'payments-jwks']);
  await eventually('the JWKS to be back', () => configMap('payments-jwks'));
  await eventually('the label to be back', async () => {
    return (await secret('payments-key-1'))?.labels['signingkeys.dev/set'] === 'payments';
  });

  const { uid } = (await sets.read('payments')).set.metadata;
  const skip = `signingkeys.dev/skip-deletion-wait=${uid}`;
  await kubectl(['-n', namespace, 'annotate', 'sks', 'payments', skip]);
  await kubectl(['-n', namespace, 'delete', 'sks', 'payments', '--timeout=30s']);
  expect(await secret('payments-signer')).toBeNull();

  // Watches are noted once they end.
  expect(await operator.end('SIGTERM')).toBe(0);
  const user = `system:serviceaccount:${namespace}:documented`;
  const idle = () => textsOf(rules).filter((text) => !usedBy(user).used.has(text));
  await eventually('the watches to be noted', async () => idle().length === 0, 5000).catch(
    () => {},
  );
  expect(idle()).toEqual([]);
  expect(usedBy(user).refused).toEqual([]);
});
