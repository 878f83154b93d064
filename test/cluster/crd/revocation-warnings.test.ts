/** docs/examples/revocation-warnings.yaml: whoever revokes a key is told beforehand what it does. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { GOOD_SPEC } from '../../api/bad-specs.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { KubectlError } from '../control-plane/kubectl.ts';
import { setsIn } from '../sets.ts';
import { kubectl, makeNamespace } from '../shared-control-plane.ts';

const EXAMPLE = new URL('../../../docs/examples/revocation-warnings.yaml', import.meta.url);
const WAITS = 'Key #2 waits: until ten';

let namespace = '';
let remove = async () => {};

/** The example, for one namespace. */
function policy(): string {
  const items = parseAllDocuments(readFileSync(EXAMPLE, 'utf8')).map((document) => {
    const { spec, metadata: _, ...head } = document.toJS();
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    const isBinding = head.kind === 'ValidatingAdmissionPolicyBinding';
    const own = isBinding
      ? { ...spec, policyName: namespace, matchResources: { namespaceSelector } }
      : spec;
    return { ...head, metadata: { name: namespace }, spec: own };
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** What kubectl prints of warnings; nothing is stored. */
async function warningsOf(set: string, spec: object): Promise<readonly string[]> {
  const patch = JSON.stringify({ spec });
  const target = ['--namespace', namespace, SET_PLURAL, set];
  const flags = ['--type', 'merge', '--dry-run=server', '--warnings-as-errors', '-p', patch];
  try {
    await kubectl(['patch', ...target, ...flags]);
    return [];
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return error.stderr.split('\n').filter((line) => line.startsWith('Warning: '));
  }
}

async function makeSet(name: string, standby: 'True' | 'False'): Promise<void> {
  const sets = setsIn(namespace);
  expect((await sets.create(name, GOOD_SPEC)).status).toBe(201);
  const key = (ordinal: number, state: string) => ({
    ordinal,
    kid: `k${ordinal}`,
    state,
    algorithm: 'RS256',
  });
  const condition = {
    type: 'StandbyReady',
    status: standby,
    reason: standby === 'True' ? 'Proven' : 'Waiting',
    message: WAITS,
    lastTransitionTime: '2026-12-01T09:00:00Z',
  };
  const status = { keys: [key(1, 'Active'), key(2, 'Pending')], conditions: [condition] };
  const written = await sets.writeStatus(name, status);
  expect([written.status, written.message]).toEqual([200, undefined]);
}

const revoking = (...kids: readonly string[]) => ({ revocations: kids.map((kid) => ({ kid })) });

beforeAll(async () => {
  ({ name: namespace, remove } = await makeNamespace('warned'));
  await kubectl(['apply', '--server-side', '--filename=-'], { stdin: policy() });
  await makeSet('proven', 'True');
  await makeSet('unproven', 'False');
  await waitFor(async () => (await warningsOf('proven', revoking('first'))).length > 0 || null, {
    timeoutMs: 60_000,
    describe: 'the policy',
    intervalMs: 200,
  });
}, 120_000);
afterAll(async () => {
  await kubectl(['delete', '--ignore-not-found', '--filename=-'], { stdin: policy() });
  await remove();
});

test.each<[string, string, object, readonly RegExp[]]>([
  ['a key while another one is proven', 'proven', revoking('k1'), []],
  ['a standby', 'unproven', revoking('k2'), []],
  ['an edit without a revocation', 'unproven', { rotation: { suspend: true } }, []],
  [
    'a kid that is mistyped',
    'proven',
    revoking('k1', '<the kid>'),
    [/no key with the kid <the kid>: /],
  ],
  [
    'the active key while no other is proven',
    'unproven',
    revoking('k1'),
    [/nobody signs.*Key #2 waits/],
  ],
  ['the active key and its standby', 'proven', revoking('k1', 'k2'), [/nobody signs/]],
  [
    'the same under SignImmediately',
    'unproven',
    { ...revoking('k1'), onRevokeWithoutStandby: 'SignImmediately' },
    [/the next key signs at once, and verifiers refuse its tokens/],
  ],
])('%s', async (_, set, spec, expected) => {
  const warnings = await warningsOf(set, spec);
  expect(warnings).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) expect(warnings[index]).toMatch(pattern);
});
