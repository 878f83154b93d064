import { expect, test } from 'vitest';
import { API_GROUP, API_VERSION, SET_KIND, SET_PLURAL } from '../../src/core/names.ts';
import { createKubeClient } from '../../src/platform/kube-client.ts';
import { SmokeTestError, smokeTest } from '../../src/smoke/smoke-test.ts';
import { FakeApi } from '../fake-api/fake-api.ts';
import { customResource } from '../fake-api/resource-types.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const NAMESPACE = 'auth';

test('what went wrong first is told, also where the set can’t be removed', async () => {
  const clock = new VirtualClock();
  const types = [customResource(API_GROUP, API_VERSION, SET_PLURAL, SET_KIND)];
  const api = new FakeApi({ clock, types });
  api.hand.namespace(NAMESPACE);
  const said: string[] = [];
  const ending = smokeTest({
    ...{ client: createKubeClient({ transport: api.transport, clock }), clock },
    ...{ ref: { namespace: NAMESPACE, name: 'smoke' }, timeoutMs: 5000 },
    ...{ say: (line: string) => void said.push(line), signal: new AbortController().signal },
  }).catch((error: unknown) => error);
  await clock.advance(1000);
  // As an operator leaves it that ends in the middle.
  api.hand.edit(SET_PLURAL, NAMESPACE, 'smoke', (draft) => {
    draft['metadata'] = { ...(draft['metadata'] as object), finalizers: ['example.com/keep'] };
  });
  await clock.advance(15_000);
  const error = await ending;
  expect(error).toBeInstanceOf(SmokeTestError);
  expect(String(error)).toMatch(/after 5 s, no operator has looked at the set/);
  expect(said.at(-1)).toMatch(/^the set auth\/smoke is left: after 5 s, the operator has not let/);
});
