/**
 * A CRD is tightened while sets are stored that the new rules would refuse: such a set must stay
 * writable, else its status is frozen and its finalizer stays forever. Each test works on a copy
 * of the CRD in a group of its own, so that no other test notices.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { API_VERSION, FINALIZER, SET_PLURAL } from '../../../src/core/formats/names.ts';
import { GOOD_SPEC } from '../../api/bad-specs.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { setsIn } from '../sets.ts';
import { createNamespace, request } from '../shared-control-plane.ts';

interface Schema {
  properties?: Record<string, Schema>;
  maxLength?: number;
  required?: string[];
  'x-kubernetes-validations'?: { rule: string; message: string; [more: string]: unknown }[];
}
interface Crd {
  metadata: { name: string; resourceVersion?: string };
  spec: {
    group: string;
    names: { shortNames?: string[]; categories?: string[] };
    versions: { schema: { openAPIV3Schema: Schema } }[];
  };
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FILE = new URL('../../../crds/signingkeys.dev_signingkeysets.yaml', import.meta.url);

function copyOfCrd(group: string): Crd {
  const crd = parse(readFileSync(FILE, 'utf8')) as Crd;
  crd.metadata.name = `${SET_PLURAL}.${group}`;
  crd.spec.group = group;
  delete crd.spec.names.shortNames;
  delete crd.spec.names.categories;
  return crd;
}

const schemaOf = (crd: Crd) => crd.spec.versions[0]?.schema.openAPIV3Schema ?? {};
function at(schema: Schema, ...path: string[]): Schema {
  return path.reduce((inner, name) => {
    const child = inner.properties?.[name];
    if (child === undefined) throw new Error(`the schema has no field ${path.join('.')}`);
    return child;
  }, schema);
}
function addRule(schema: Schema, rule: string, more: object = {}): void {
  schema['x-kubernetes-validations'] = [
    ...(schema['x-kubernetes-validations'] ?? []),
    { rule, message: 'tightened', ...more },
  ];
}

async function replaceCrd(crd: Crd): Promise<void> {
  const path = `${CRDS}/${crd.metadata.name}`;
  // The API server's own controllers write its status meanwhile.
  const put = await waitFor(
    async () => {
      const { resourceVersion } = ((await request({ method: 'GET', path })).body as Crd).metadata;
      const metadata = { ...crd.metadata, resourceVersion };
      const answer = await request({ method: 'PUT', path, body: { ...crd, metadata } });
      return answer.status === 409 ? null : answer;
    },
    { timeoutMs: 30_000, describe: 'the CRD to be replaced' },
  );
  if (put.status !== 200) throw new Error(`the CRD was refused: ${JSON.stringify(put.body)}`);
}

const OLD_SPEC = { ...GOOD_SPEC, algorithm: 'RS256', issuer: 'https://auth.example.com' };

/** A set named `old`, stored under a CRD that is a copy of ours with changes. */
async function storedUnder(change: (schema: Schema) => void) {
  const group = `tightening-${randomBytes(4).toString('hex')}.example.com`;
  const crd = copyOfCrd(group);
  change(schemaOf(crd));
  const path = `${CRDS}/${crd.metadata.name}`;
  onTestFinished(async () => {
    await request({ method: 'DELETE', path });
  });
  await request({ method: 'POST', path: CRDS, body: crd });
  const sets = setsIn(await createNamespace('crd-tightening'), `${group}/${API_VERSION}`);
  await waitFor(
    async () => (await sets.create('old', OLD_SPEC, { finalizers: [FINALIZER] })).status === 201,
    { timeoutMs: 30_000, describe: 'the copy of the CRD to be served' },
  );
  // Runs before the namespace is removed: a frozen set can't be deleted.
  onTestFinished(async () => {
    await replaceCrd(copyOfCrd(group));
    await waitFor(
      async () =>
        [200, 404].includes((await sets.edit('old', { metadata: { finalizers: null } })).status),
      { timeoutMs: 30_000, describe: 'the set to thaw' },
    );
  });
  return { sets, group };
}

/** A stored set that violates, once the CRD is tightened, what `tighten` adds. */
async function tightened(tighten: (schema: Schema) => void) {
  const { sets, group } = await storedUnder(() => {});
  const crd = copyOfCrd(group);
  tighten(schemaOf(crd));
  await replaceCrd(crd);
  // The new rules are in force once a new set like the stored one is refused. So a rule
  // that the API server ignores can't pass for one that spares what is stored.
  const refusal = await waitFor(
    async () => {
      const { status, message } = await sets.tryToCreate('new', OLD_SPEC);
      return status === 422 ? message : null;
    },
    { timeoutMs: 30_000, describe: 'the tightened rule to refuse a new set' },
  );
  return { sets, refusal };
}

const writeAll = async (sets: ReturnType<typeof setsIn>) => [
  (await sets.writeStatus('old', { keyCount: 1 })).status,
  (await sets.edit('old', { metadata: { annotations: { touched: 'yes' } } })).status,
  (await sets.edit('old', { metadata: { finalizers: null } })).status,
];

const CREATE_ONLY = { optionalOldSelf: true };

test.for<readonly [string, (schema: Schema) => void]>([
  ['a rule on a field', (root) => addRule(at(root, 'spec', 'tokenTTL'), `self == '1m'`)],
  ['a length', (root) => Object.assign(at(root, 'spec', 'issuer'), { maxLength: 10 })],
  [
    'a narrower enum',
    (root) => Object.assign(at(root, 'spec', 'algorithm'), { enum: ['ES256'], default: 'ES256' }),
  ],
  ['a rule on the spec', (root) => addRule(at(root, 'spec'), `self.tokenTTL == '1m'`)],
  [
    'a rule on the root that is create-only',
    (root) => addRule(root, `oldSelf.hasValue() || self.metadata.name == 'x'`, CREATE_ONLY),
  ],
])('after %s is added, a stored set takes status, annotations and goes', async ([, tighten]) => {
  const { sets } = await tightened(tighten);
  expect(await writeAll(sets)).toEqual([200, 200, 200]);
});

test('a rule on the root that is not create-only would freeze the set, and this would show it', async () => {
  const { sets, refusal } = await tightened((root) => addRule(root, `self.spec.tokenTTL == '1m'`));
  expect(refusal).toContain('tightened');
  expect(await writeAll(sets)).toEqual([422, 422, 422]);
});

/** The set as it was before its status showed terms. */
function withoutNotedTerms(root: Schema): void {
  delete at(root, 'status').properties?.['terms'];
  const rules = root['x-kubernetes-validations'] ?? [];
  root['x-kubernetes-validations'] = rules.filter(({ rule }) => !rule.includes('status.terms'));
}

/** The set as it was before verifiers could be listed, and keys revoked. */
function withoutLists(root: Schema): void {
  withoutNotedTerms(root);
  const spec = at(root, 'spec');
  for (const name of ['verifiers', 'revocations', 'onRevokeWithoutStandby']) {
    delete spec.properties?.[name];
  }
  spec.required = ['tokenTTL', 'verifierCacheTTL'];
  const rules = spec['x-kubernetes-validations'] ?? [];
  spec['x-kubernetes-validations'] = rules.filter(({ rule }) => !rule.includes('self.verifiers'));
}

test('a set from before verifiers and revocations is taken on, and can be given both', async () => {
  const { sets, group } = await storedUnder(withoutLists);
  await replaceCrd(copyOfCrd(group));
  await waitFor(
    async () => (await sets.read('old')).set.spec.onRevokeWithoutStandby === 'FailClosed',
    { timeoutMs: 30_000, describe: 'the new default to be served' },
  );
  const edits = [
    { tokenTTL: '16m' },
    { revocations: [{ kid: 'a' }] },
    { verifierCacheTTL: null, verifiers: [{ name: 'gateway', preset: 'envoy' }] },
  ];
  for (const spec of edits) {
    const { status, message } = await sets.edit('old', { spec });
    expect([status, message]).toEqual([200, undefined]);
  }
  expect(await writeAll(sets)).toEqual([200, 200, 200]);
});

test('a set from before its status showed terms waits for an operator that does, and for nothing else', async () => {
  const { sets, group } = await storedUnder(withoutNotedTerms);
  await sets.writeStatus('old', { keyCount: 1, effectiveTokenTTL: '15m' });
  await replaceCrd(copyOfCrd(group));
  const lower = () => sets.edit('old', { spec: { tokenTTL: '14m' } });
  // The rule is in force once it refuses.
  await waitFor(
    async () => {
      const { status } = await lower();
      if (status === 200) await sets.edit('old', { spec: { tokenTTL: '15m' } });
      return status === 422;
    },
    { timeoutMs: 30_000, describe: 'the rule to be in force' },
  );
  const edits = [{ tokenTTL: '16m' }, { algorithm: 'ES256' }, { issuer: null }];
  for (const spec of edits) expect((await sets.edit('old', { spec })).status).toBe(200);
  expect((await sets.writeStatus('old', { terms: { tokenTTL: '16m' } })).status).toBe(200);
  expect((await lower()).status).toBe(200);
  expect(await writeAll(sets)).toEqual([200, 200, 200]);
});

test('every rule on the root of the CRD is create-only or compares with what is stored', () => {
  const rules = schemaOf(copyOfCrd('unused.example.com'))['x-kubernetes-validations'] ?? [];
  expect(rules.length).toBeGreaterThan(0);
  for (const { rule, optionalOldSelf } of rules) {
    if (optionalOldSelf === true) expect(rule).toMatch(/^oldSelf\.hasValue\(\) \|\| \(/);
    else expect(rule).toContain('oldSelf.');
  }
});
