/**
 * SECURITY.md, "Who can do what", row by row, with the policy of the chart: each principal has exactly the
 * rights that its row names, in a namespace where the operator works.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createLocalJWKSet, importPKCS8, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANNOTATION, LABEL } from '../../../src/core/formats/names.ts';
import { setsIn } from '../sets.ts';
import {
  createServiceAccount,
  kubectl,
  makeNamespace,
  request,
  type ServiceAccount,
} from '../shared-control-plane.ts';
import { chartPolicy } from './chart-policy.ts';
import { eventually, FAST_SPEC, inNamespace } from './operator-cases.ts';
import { createOperatorAccount, type OperatorProcess, startProgram } from './operator-process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MADE_IN_TIME_MS = 120_000;
const RBAC = 'rbac.authorization.k8s.io';

type Rule = readonly [group: string, resources: readonly string[], verbs: readonly string[]];
type Answer = Awaited<ReturnType<typeof request>>;

let namespace = '';
let removeNamespace = async () => {};
let removePolicy = async () => {};
let operator: OperatorProcess;

beforeAll(async () => {
  ({ name: namespace, remove: removeNamespace } = await makeNamespace('who-can'));
  const { user, kubeconfigPath } = await createOperatorAccount(namespace);
  removePolicy = await chartPolicy(namespace, user);
  const flags = ['--kubeconfig', kubeconfigPath, '--watch-namespaces', namespace];
  const words = ['operator', ...flags, '--listen', '127.0.0.1:0'];
  operator = startProgram(words, { endsWithTest: false });
  await setsIn(namespace).create('payments', FAST_SPEC);
  const { statusOf } = inNamespace(namespace);
  await eventually('a standby', async () => (await statusOf('payments')).keyCount === 2);
}, MADE_IN_TIME_MS);

afterAll(async () => {
  await operator.end('SIGTERM');
  await removePolicy();
  await removeNamespace();
}, MADE_IN_TIME_MS);

/** Someone with these rights in the namespace and no others: a Role, or a built-in ClusterRole. */
async function principal(name: string, rights: readonly Rule[] | string) {
  const account = await createServiceAccount(namespace, name);
  const folder = `/apis/${RBAC}/v1/namespaces/${namespace}`;
  const head = { apiVersion: `${RBAC}/v1`, metadata: { name } };
  if (typeof rights !== 'string') {
    const rules = rights.map(([group, resources, verbs]) => ({
      apiGroups: [group],
      resources,
      verbs,
    }));
    await created(`${folder}/roles`, { ...head, rules });
  }
  const roleRef =
    typeof rights === 'string'
      ? { apiGroup: RBAC, kind: 'ClusterRole', name: rights }
      : { apiGroup: RBAC, kind: 'Role', name };
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  await created(`${folder}/rolebindings`, { ...head, subjects, roleRef });
  const right = (typeof rights === 'string' ? BUILT_IN[rights] : rights[0]) ?? NONE;
  await eventually(`the rights of ${name}`, () => mayAlready(account, right));
  return actsAs(account);
}

const NONE: Rule = ['', [], []];

/** What the roles `edit` and `admin`, and `view`, consist of: no controller puts them together here. */
const EDIT = 'system:aggregate-to-edit';
const VIEW = 'system:aggregate-to-view';
/** One right of each. */
const BUILT_IN: Readonly<Record<string, Rule>> = {
  [EDIT]: ['', ['secrets'], ['get']],
  [VIEW]: ['', ['configmaps'], ['get']],
};

/** The API server takes a moment to notice a binding. */
async function mayAlready({ token }: ServiceAccount, [group, resources, verbs]: Rule) {
  const [resource, subresource = ''] = (resources[0] ?? '').split('/');
  const resourceAttributes = { namespace, group, resource, subresource, verb: verbs[0] };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { body } = await request(
    { method: 'POST', path, body: { spec: { resourceAttributes } } },
    { token },
  );
  return (body as { status: { allowed: boolean } }).status.allowed;
}

async function created(path: string, body: unknown): Promise<void> {
  const { status } = await request({ method: 'POST', path, body });
  expect([path, status]).toEqual([path, 201]);
}

const CORE = (plural: string) => `/api/v1/namespaces/${namespace}/${plural}`;
const SETS = () => `/apis/signingkeys.dev/v1alpha1/namespaces/${namespace}/signingkeysets`;
const MERGE = 'application/merge-patch+json';

function actsAs({ token }: ServiceAccount) {
  const as = { token };
  return {
    read: (path: string) => request({ method: 'GET', path }, as),
    create: (path: string, body: object) => request({ method: 'POST', path, body }, as),
    patch: (path: string, body: object) =>
      request({ method: 'PATCH', path, body, contentType: MERGE }, as),
    remove: (path: string) => request({ method: 'DELETE', path }, as),
  };
}

/** By whom: nothing stops it, RBAC does, or the policy does. */
function verdict({ status, body }: Answer): string {
  if (status < 300) return 'allowed';
  const text = JSON.stringify(body);
  if (status === 403 && text.includes('ValidatingAdmissionPolicy')) return 'the policy denies it';
  if (status === 403 && text.includes('cannot ')) return 'no right';
  return `${status}: ${text}`;
}

/** A token of the set's issuer, by someone who reads its Secret. */
async function signAs(someone: ReturnType<typeof actsAs>) {
  const { status, body } = await someone.read(`${CORE('secrets')}/payments-signer`);
  expect(status).toBe(200);
  const { data } = body as { data: Record<string, string> };
  const header = { alg: decoded(data['alg']), kid: decoded(data['kid']) };
  const key = await importPKCS8(decoded(data['private.pem']), header.alg);
  const token = await new SignJWT({ sub: 'anyone' }).setProtectedHeader(header).sign(key);
  const jwks = await request({ method: 'GET', path: `${CORE('configmaps')}/payments-jwks` });
  const text = (jwks.body as { data: Record<string, string> }).data['jwks.json'] ?? '';
  return { token, set: createLocalJWKSet(JSON.parse(text)) };
}

const decoded = (value: string | undefined) => Buffer.from(value ?? '', 'base64').toString();
const WRITE = ['get', 'list', 'create', 'update', 'patch', 'delete'];
const touch = { metadata: { annotations: { 'example.com/touched': 'yes' } } };

/** What the set says of its names, once someone has taken one of them. */
async function stallOf(set: string): Promise<string> {
  const { condition } = inNamespace(namespace);
  const found = await eventually('the stall', () => condition(set, 'Stalled'));
  return `${found.status} ${found.reason}`;
}

const ROWS: Readonly<Record<string, () => Promise<void>>> = {
  'read Secrets in the namespace': async () => {
    const { token, set } = await signAs(await principal('reads-as-edit', EDIT));
    expect((await jwtVerify(token, set)).payload.sub).toBe('anyone');
    const viewer = await principal('reads-as-view', VIEW);
    expect(verdict(await viewer.read(`${CORE('secrets')}/payments-signer`))).toBe('no right');
  },

  'create Pods in the namespace': async () => {
    const someone = await principal('makes-pods', [['', ['pods'], ['create']]]);
    const volumes = [{ name: 'key', secret: { secretName: 'payments-signer' } }];
    const mount = { name: 'key', mountPath: '/key' };
    const containers = [{ name: 'a', image: 'example.com/a', volumeMounts: [mount] }];
    const pod = { metadata: { name: 'thief' }, spec: { containers, volumes } };
    // The pod's account must be there: no controller makes it here.
    await createServiceAccount(namespace, 'default').catch(() => undefined);
    expect(verdict(await someone.create(`${CORE('pods')}?dryRun=All`, pod))).toBe('allowed');
  },

  'write Secrets in the namespace': async () => {
    const someone = await principal('writes-secrets', [['', ['secrets'], WRITE]]);
    const secret = (name: string, type: string) => ({ metadata: { name }, type });
    const attempts = {
      'edits the signer': someone.patch(`${CORE('secrets')}/payments-signer`, touch),
      'puts a ledger into it': someone.patch(`${CORE('secrets')}/payments-signer`, {
        metadata: { annotations: { [ANNOTATION.ledger]: '{"version":999}' } },
      }),
      'deletes it': someone.remove(`${CORE('secrets')}/payments-signer`),
      'offers a next key': someone.create(
        CORE('secrets'),
        secret('payments-key-3', 'signingkeys.dev/key'),
      ),
      'makes a signer for a set to come': someone.create(
        CORE('secrets'),
        secret('later-signer', 'signingkeys.dev/signer'),
      ),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      expect([what, verdict(await attempt)]).toEqual([what, 'the policy denies it']);
    }
    const squatter = secret('taken-signer', 'Opaque');
    expect(verdict(await someone.create(CORE('secrets'), squatter))).toBe('allowed');
    await setsIn(namespace).create('taken', FAST_SPEC);
    expect(await stallOf('taken')).toBe('True ObjectNotOwned');
  },

  'write ConfigMaps in the namespace': async () => {
    const someone = await principal('writes-configmaps', [['', ['configmaps'], WRITE]]);
    const path = `${CORE('configmaps')}/payments-jwks`;
    const real = (await someone.read(path)).body as {
      metadata: { annotations: Record<string, string>; labels: Record<string, string> };
      data: Record<string, string>;
    };
    const { annotations, labels } = real.metadata;
    const forged = (name: string, metadata: object) => ({
      metadata: { name, ...metadata },
      data: real.data,
    });
    const owner = JSON.stringify({ namespace, name: 'later', uid: 'made-up' });
    const marks: Readonly<Record<string, object>> = {
      'all that the operator writes': { annotations, labels },
      'all of it without the label': { annotations },
      'the owner alone': { annotations: { [ANNOTATION.owner]: owner } },
      'a ledger of a version to come': { annotations: { [ANNOTATION.ledger]: '{"version":999}' } },
      'the label alone': { labels: { [LABEL.set]: 'later' } },
    };
    for (const [what, metadata] of Object.entries(marks)) {
      const answer = await someone.create(CORE('configmaps'), forged('later-jwks', metadata));
      expect([what, verdict(answer)]).toEqual([what, 'the policy denies it']);
    }
    expect(verdict(await someone.patch(path, { data: { 'jwks.json': '{}' } }))).toBe(
      'the policy denies it',
    );
    expect(verdict(await someone.remove(path))).toBe('the policy denies it');
    const bare = forged('bare-jwks', {});
    expect(verdict(await someone.create(CORE('configmaps'), bare))).toBe('allowed');
    await setsIn(namespace).create('bare', FAST_SPEC);
    expect(await stallOf('bare')).toBe('True ObjectNotOwned');
    expect((await inNamespace(namespace).statusOf('bare')).keys ?? []).toEqual([]);
  },

  'write the status of sets (the chart grants it to nobody)': async () => {
    const rules: Rule[] = [['signingkeys.dev', ['signingkeysets/status'], WRITE]];
    const someone = await principal('writes-status', rules);
    const body = { status: { ledger: '{"version":999}' } };
    const answer = await someone.patch(`${SETS()}/payments/status`, body);
    expect(verdict(answer)).toBe('the policy denies it');
  },

  'write the SigningKeySet': async () => {
    const someone = await principal('writes-sets', [
      ['signingkeys.dev', ['signingkeysets'], WRITE],
    ]);
    const dryRun = `${SETS()}/payments?dryRun=All`;
    for (const spec of [
      { revocations: [{ kid: 'k', reason: 'KeyCompromise' }] },
      { signer: { restart: [{ kind: 'Deployment', name: 'issuer' }] } },
      { tokenTTL: '1m', rotation: { interval: '1h' } },
    ]) {
      expect(verdict(await someone.patch(dryRun, { spec }))).toBe('allowed');
    }
    expect(verdict(await someone.remove(dryRun))).toBe('allowed');
    const status = { status: { ledger: '{"version":999}' } };
    expect(verdict(await someone.patch(`${SETS()}/payments/status`, status))).toBe('no right');
    // A status that is sent along is dropped, at a creation and at an edit.
    const made = { ...status, apiVersion: 'signingkeys.dev/v1alpha1', kind: 'SigningKeySet' };
    const answer = await someone.create(`${SETS()}?dryRun=All`, {
      ...{ ...made, metadata: { name: 'forged' }, spec: FAST_SPEC },
    });
    expect(answer.body).not.toHaveProperty('status.ledger');
    const edited = await someone.patch(dryRun, status);
    expect(edited.body).not.toHaveProperty('status.ledger', status.status.ledger);
  },

  'write its annotations': async () => {
    const rules: Rule[] = [['signingkeys.dev', ['signingkeysets'], ['patch']]];
    const someone = await principal('annotates', rules);
    const asked = { metadata: { annotations: { 'signingkeys.dev/rotate': 'now' } } };
    const before = (await inNamespace(namespace).statusOf('payments')).activeKey;
    expect(verdict(await someone.patch(`${SETS()}/payments`, asked))).toBe('allowed');
    await eventually('the rotation', async () => {
      return (await inNamespace(namespace).statusOf('payments')).activeKey !== before;
    });
  },

  'read the JWKS, the status, events': async () => {
    const rules: Rule[] = [
      ['', ['configmaps', 'events'], ['get', 'list']],
      ['signingkeys.dev', ['signingkeysets'], ['get', 'list']],
      ['events.k8s.io', ['events'], ['list']],
    ];
    const someone = await principal('reads', rules);
    const paths = [CORE('configmaps'), SETS(), CORE('events')];
    const answers = await Promise.all(paths.map((path) => someone.read(path)));
    expect(answers.map(verdict)).toEqual(['allowed', 'allowed', 'allowed']);
    const signer = await kubectl([
      '-n',
      namespace,
      'get',
      'secret',
      'payments-signer',
      '-o',
      'json',
    ]);
    const { data } = JSON.parse(signer) as { data: Record<string, string> };
    const { d } = JSON.parse(decoded(data['private.jwk'])) as { d: string };
    const text = JSON.stringify(answers.map(({ body }) => body));
    expect(d.length).toBeGreaterThan(30);
    expect([text.includes(d), text.includes('PRIVATE KEY')]).toEqual([false, false]);
    expect(verdict(await someone.read(CORE('secrets')))).toBe('no right');
  },
};

/** Nobody can set the clock of a shared API server. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'change the clock of operator or API server': 'test/simulator/faults/faults.ts',
};

describe('anyone who may', () => {
  test.for(Object.entries(ROWS))('%s', { timeout: MADE_IN_TIME_MS }, async ([, tryIt]) => {
    await tryIt();
  });

  test('… : SECURITY.md has these rows, and no others', () => {
    const text = readFileSync(`${ROOT}/SECURITY.md`, 'utf8');
    const table = text.slice(text.indexOf('| anyone who may |')).split('\n\n')[0] ?? '';
    const rows = table
      .split('\n')
      .slice(2)
      .map((line) => line.split(' | ')[0]?.replace(/^\| /, '').replaceAll('`', ''));
    expect(rows).toEqual([...Object.keys(ROWS), ...Object.keys(ELSEWHERE)]);
    for (const file of Object.values(ELSEWHERE)) {
      expect(readFileSync(`${ROOT}/${file}`, 'utf8')).toMatch(/clock/i);
    }
  });
});
