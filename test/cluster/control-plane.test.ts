import { expect, test } from 'vitest';
import { auditWrites, createNamespace, kubectl, request } from './shared-control-plane.ts';

test('shared', async () => {
  const ns = await createNamespace('smoke');
  await kubectl(['create', 'configmap', 'a', '-n', ns, '--from-literal=a=b']);
  expect(auditWrites({ namespace: ns, resource: 'configmaps' })).toMatchObject([
    { verb: 'create', user: 'admin', responseStatus: 201 },
  ]);
  const answer = await request(
    { method: 'GET', path: `/api/v1/namespaces/${ns}/configmaps` },
    { user: 'powerless' },
  );
  expect(answer.status).toBe(403);
});
