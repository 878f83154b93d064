import { expect, test } from 'vitest';
import { SET_PLURAL } from '../../src/core/formats/names.ts';
import { createKubeClient } from '../../src/platform/kube/client.ts';
import { SmokeTestError, smokeTest } from '../../src/smoke/smoke-test.ts';
import { FakeApi } from '../fake-api/fake-api.ts';
import type { JsonObject } from '../fake-api/json/json.ts';
import { SIGNING_KEY_SETS } from '../fake-api/types/signing-key-sets.ts';
import { VirtualClock } from '../support/clock/virtual-clock.ts';

const NAMESPACE = 'auth';

function start() {
  const clock = new VirtualClock();
  const types = [SIGNING_KEY_SETS];
  const api = new FakeApi({ clock, types });
  api.hand.namespace(NAMESPACE);
  const said: string[] = [];
  const ending = smokeTest({
    ...{ client: createKubeClient({ transport: api.transport, clock }), clock },
    ...{ ref: { namespace: NAMESPACE, name: 'smoke' }, timeoutMs: 5000 },
    ...{ say: (line: string) => void said.push(line), signal: new AbortController().signal },
  }).catch((error: unknown) => error);
  return { clock, api, said, ending };
}

test('the first error is reported, even if the set can’t be deleted either', async () => {
  const { clock, api, said, ending } = start();
  await clock.advance(1000);
  // As an operator that ends in the middle leaves it.
  api.hand.edit(SET_PLURAL, NAMESPACE, 'smoke', (draft) => {
    draft['metadata'] = { ...(draft['metadata'] as object), finalizers: ['example.com/keep'] };
  });
  await clock.advance(15_000);
  const error = await ending;
  expect(error).toBeInstanceOf(SmokeTestError);
  expect(String(error)).toMatch(/after 5 s, no operator has looked at the set/);
  expect(said.at(-1)).toMatch(
    /^the set auth\/smoke is left behind: after 5 s, the operator has not released/,
  );
});

test.each([
  // It may pass by itself: a right that was granted a moment ago, a webhook that is starting.
  { reason: 'WriteRefused', isWaitedFor: true, words: /after 5 s, the set is stalled: because;/ },
  { reason: 'ObjectNotOwned', isWaitedFor: false, words: /: the set is stalled: because$/ },
])('a set that is stalled by $reason is waited for: $isWaitedFor', async (row) => {
  const { clock, api, ending } = start();
  let error: unknown;
  void ending.then((ended) => {
    error = ended;
  });
  await clock.advance(1000);
  const stalled = { type: 'Stalled', status: 'True', reason: row.reason, message: 'because' };
  const tell = (draft: JsonObject) => {
    draft['status'] = { conditions: [stalled] };
  };
  api.hand.edit(SET_PLURAL, NAMESPACE, 'smoke', tell, 'status');
  await clock.advance(3000);
  expect(error === undefined).toBe(row.isWaitedFor);
  await clock.advance(5000);
  expect(error).toBeInstanceOf(SmokeTestError);
  expect(String(error)).toMatch(row.words);
});
