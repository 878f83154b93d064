import { afterAll, beforeAll, expect, test } from 'vitest';
import { API_GROUP_VERSION, SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { BadSpec } from '../../api/bad-spec.ts';
import { BAD_SPECS, badSet, GOOD_PATCHES, GOOD_SPEC } from '../../api/bad-specs.ts';
import { makeNamespace, request } from '../shared-control-plane.ts';

let namespace = '';
let remove = async () => {};

beforeAll(async () => {
  ({ name: namespace, remove } = await makeNamespace('crd-rules'));
});
afterAll(() => remove());

interface Refusal {
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { field?: string; message: string }[] };
}

/** What the API server says to a creation: nothing is stored. */
async function tryToCreate(body: unknown): Promise<{ status: number; body: Refusal }> {
  const path = `/apis/${API_GROUP_VERSION}/namespaces/${namespace}/${SET_PLURAL}?dryRun=All`;
  const answer = await request({ method: 'POST', path, body });
  return { status: answer.status, body: answer.body as Refusal };
}

/** The API server's own note that CEL did not run, along with an error of structure. */
const NOT_CHECKED = /^Invalid value: (null: )?some validation rules were not checked/;

async function refusalsOf(bad: BadSpec): Promise<string[]> {
  const { status, body } = await tryToCreate(badSet(bad));
  expect([status, body.reason]).toEqual([422, 'Invalid']);
  return (body.details?.causes ?? [])
    .filter(({ message }) => !NOT_CHECKED.test(message))
    .map(({ field, message }) => `${field}: ${message}`)
    .sort();
}

test('the spec that the bad ones are made from is good', async () => {
  const { status } = await tryToCreate(badSet({ name: 'good', patch: GOOD_SPEC, errors: [] }));
  expect(status).toBe(201);
});

test.for(BAD_SPECS)('$name is refused in words', async (bad) => {
  const expected = bad.errors.map(
    ({ field, serverField, server }) => `${serverField ?? field}: ${server}`,
  );
  expect(await refusalsOf(bad)).toEqual([...expected, ...(bad.serverAlso ?? [])].sort());
});

test.for(GOOD_PATCHES)('$name is taken', async ({ name, setName, patch }) => {
  const good = { name, patch, errors: [], ...(setName === undefined ? {} : { setName }) };
  expect((await tryToCreate(badSet(good))).status).toBe(201);
});
