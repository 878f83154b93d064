import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import { waitFor } from '../../support/wait/wait-for.ts';
import { applyCrds } from '../control-plane/crds.ts';
import { kubectl, request } from '../shared-control-plane.ts';

const NAME = 'slowpokes.applied.test';
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: NAME },
  spec: {
    group: 'applied.test',
    scope: 'Namespaced',
    names: { plural: 'slowpokes', singular: 'slowpoke', kind: 'Slowpoke' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
    ],
  },
};

const PATH = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${NAME}`;

test('a CRD that has no conditions yet is waited for', async () => {
  const path = join(temporaryFolder(), 'crd.json');
  writeFileSync(path, JSON.stringify(CRD));
  onTestFinished(async () => {
    await request({ method: 'DELETE', path: PATH });
  });

  // The controller that sets the conditions is quick, so someone removes them during the first look.
  let firstLook: Promise<string> | null = null;
  const watched = async (args: readonly string[]) => {
    if (args[0] !== 'wait' || firstLook !== null) return await kubectl(args);
    const conditions = await waitFor(readConditions, {
      timeoutMs: 10_000,
      describe: 'conditions of the CRD',
    });
    await writeConditions(null);
    firstLook = kubectl(args);
    return await firstLook.finally(() => writeConditions(conditions));
  };
  await applyCrds(watched, path);
  await expect(firstLook).rejects.toThrow('.status.conditions accessor error');
  expect((await request({ method: 'GET', path: '/apis/applied.test/v1' })).status).toBe(200);
});

type Conditions = readonly { readonly type: string }[];

async function readConditions(): Promise<Conditions | null> {
  const { body } = await request({ method: 'GET', path: PATH });
  const { conditions } = (body as { readonly status: { readonly conditions?: Conditions } }).status;
  return conditions?.some(({ type }) => type === 'Established') === true ? conditions : null;
}

async function writeConditions(value: Conditions | null): Promise<void> {
  const { status } = await request({
    method: 'PATCH',
    path: `${PATH}/status`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'add', path: '/status/conditions', value }],
  });
  expect(status).toBe(200);
}
