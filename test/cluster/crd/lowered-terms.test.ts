/** A term can't be lowered before the operator has noted its old value, by whatever kind of write. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  API_GROUP_VERSION,
  FINALIZER,
  SET_KIND,
  SET_PLURAL,
} from '../../../src/core/formats/names.ts';
import { GOOD_SPEC } from '../../api/bad-specs.ts';
import { LOWERED_TERMS } from '../../api/lowered-terms.ts';
import { setsIn } from '../sets.ts';
import { createNamespace, kubectl, makeNamespace, request } from '../shared-control-plane.ts';

let namespace = '';
let remove = async () => {};

beforeAll(async () => {
  ({ name: namespace, remove } = await makeNamespace('crd-lowered'));
});
afterAll(() => remove());

const pathOf = (name: string, inNamespace = namespace) =>
  `/apis/${API_GROUP_VERSION}/namespaces/${inNamespace}/${SET_PLURAL}/${name}`;

test.for(LOWERED_TERMS.map((each, at) => ({ ...each, set: `set-${at}` })))(
  '$name',
  async ({ set, spec, noted, edit, refusals }) => {
    const sets = setsIn(namespace);
    expect((await sets.create(set, spec)).status).toBe(201);
    if (noted !== null) {
      expect((await sets.writeStatus(set, { terms: noted })).status).toBe(200);
    }
    const { status, body } = await request({
      method: 'PATCH',
      path: pathOf(set),
      contentType: 'application/merge-patch+json',
      body: { spec: edit },
    });
    const { details } = body as {
      details?: { causes?: readonly { field: string; message: string }[] };
    };
    const causes = (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
    expect(causes.sort()).toEqual([...refusals].sort());
    expect(status).toBe(refusals.length === 0 ? 200 : 422);
  },
);

/** Every way to write a set with another tokenTTL. Resolves to what the API server said. */
const WRITES: readonly (readonly [string, (set: Written, tokenTTL: string) => Promise<string>])[] =
  [
    [
      'a merge patch',
      async ({ path }, tokenTTL) =>
        await send('PATCH', path, { spec: { tokenTTL } }, 'application/merge-patch+json'),
    ],
    [
      'a JSON patch',
      async ({ path }, tokenTTL) =>
        await send(
          'PATCH',
          path,
          [{ op: 'replace', path: '/spec/tokenTTL', value: tokenTTL }],
          'application/json-patch+json',
        ),
    ],
    [
      'a PUT, as kubectl edit and replace send it',
      async ({ path }, tokenTTL) => {
        const { body } = await request({ method: 'GET', path });
        const set = body as { spec: object };
        return await send('PUT', path, { ...set, spec: { ...set.spec, tokenTTL } });
      },
    ],
    ['kubectl apply', async (set, tokenTTL) => await apply(set, tokenTTL, [])],
    [
      'a server-side apply',
      async (set, tokenTTL) => await apply(set, tokenTTL, ['--server-side', '--force-conflicts']),
    ],
  ];

interface Written {
  readonly path: string;
  readonly namespace: string;
}

async function send(method: 'PUT' | 'PATCH', path: string, body: unknown, contentType?: string) {
  const call = { method, path, body, ...(contentType === undefined ? {} : { contentType }) };
  const answer = await request(call);
  return answer.status === 200 ? 'taken' : (answer.body as { message: string }).message;
}

async function apply(
  { namespace: ofSet }: Written,
  tokenTTL: string,
  args: readonly string[],
): Promise<string> {
  const manifest = {
    apiVersion: API_GROUP_VERSION,
    kind: SET_KIND,
    metadata: { name: 'payments', namespace: ofSet },
    spec: { ...GOOD_SPEC, tokenTTL },
  };
  const stdin = JSON.stringify(manifest);
  try {
    await kubectl(['apply', ...args, '--filename=-'], { stdin });
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.for(WRITES)('by %s', ([, write]) => {
  test('a term is raised at any time, and lowered only when its old value is noted', async () => {
    const inNamespace = await createNamespace('crd-lowered');
    const sets = setsIn(inNamespace);
    await sets.create('payments', GOOD_SPEC);
    await sets.writeStatus('payments', { terms: { tokenTTL: '15m' } });
    const set = { path: pathOf('payments', inNamespace), namespace: inNamespace };
    expect(await write(set, '1h')).toBe('taken');
    expect(await write(set, '15m')).toContain(
      "tokenTTL was 1h and can't be lowered to 15m yet: the operator has not noted 1h, " +
        'status.terms.tokenTTL is 15m.',
    );
    expect((await sets.read('payments')).set.spec.tokenTTL).toBe('1h');
    await sets.writeStatus('payments', { terms: { tokenTTL: '1h' } });
    expect(await write(set, '15m')).toBe('taken');
  });
});

test('the rule blocks neither status nor annotations, finalizers or the end of a set', async () => {
  const sets = setsIn(await createNamespace('crd-lowered'));
  const verifiers = [{ name: 'gateway', preset: 'dotnet' }];
  await sets.create('payments', { ...GOOD_SPEC, verifiers }, { finalizers: [FINALIZER] });
  const answers = [
    await sets.writeStatus('payments', { keyCount: 1 }),
    await sets.writeStatus('payments', { terms: { tokenTTL: '1s' } }),
    await sets.writeStatus('payments', { terms: null }),
    await sets.edit('payments', { metadata: { annotations: { touched: 'yes' } } }),
    await sets.edit('payments', { metadata: { finalizers: null } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

test('a write of the status changes no spec, so it can lower no term', async () => {
  const sets = setsIn(await createNamespace('crd-lowered'));
  await sets.create('payments', GOOD_SPEC);
  const body = { spec: { tokenTTL: '1m' }, status: { terms: { tokenTTL: '15m' } } };
  const inNamespace = (await sets.read('payments')).set.metadata.namespace ?? '';
  const path = `${pathOf('payments', inNamespace)}/status`;
  expect(await send('PATCH', path, body, 'application/merge-patch+json')).toBe('taken');
  const { set } = await sets.read('payments');
  expect([set.spec.tokenTTL, set.status.terms]).toEqual(['15m', { tokenTTL: '15m' }]);
});

test('status.terms holds durations only, so that the rule can always read them', async () => {
  const sets = setsIn(await createNamespace('crd-lowered'));
  await sets.create('payments', GOOD_SPEC);
  for (const terms of [{ tokenTTL: 'Unlimited' }, { verifierTrust: '1d' }, { clockSkew: '-1s' }]) {
    expect((await sets.writeStatus('payments', { terms })).status).toBe(422);
  }
});
