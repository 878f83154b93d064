import { expect, test } from 'vitest';
import { SET_PLURAL } from '../../src/core/formats/names.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { LOWERED_TERMS } from '../api/lowered-terms.ts';
import { FakeApi } from './fake-api.ts';
import type { JsonObject } from './json/json.ts';
import { SIGNING_KEY_SETS } from './types/signing-key-sets.ts';

const NAMESPACE = 'auth';
const NAME = 'payments';

async function answerTo({ spec, noted, edit }: (typeof LOWERED_TERMS)[number]) {
  const fake = new FakeApi({ clock: systemClock, types: [SIGNING_KEY_SETS] });
  fake.hand.namespace(NAMESPACE);
  const metadata = { namespace: NAMESPACE, name: NAME };
  fake.hand.create(SET_PLURAL, { metadata, spec: structuredClone(spec) as JsonObject });
  if (noted !== null) {
    const write = (draft: JsonObject) => {
      draft['status'] = { terms: { ...noted } };
    };
    fake.hand.edit(SET_PLURAL, NAMESPACE, NAME, write, 'status');
  }
  const path = `/apis/signingkeys.dev/v1alpha1/namespaces/${NAMESPACE}/${SET_PLURAL}/${NAME}`;
  const answer = await fake.transport.send(
    {
      method: 'PATCH',
      path,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: edit }),
    },
    AbortSignal.timeout(1000),
  );
  let text = '';
  for await (const chunk of answer.body) text += new TextDecoder().decode(chunk);
  return { status: answer.status, body: JSON.parse(text) as Refused };
}

interface Refused {
  readonly details?: { readonly causes?: readonly { field: string; message: string }[] };
}

test.for(LOWERED_TERMS)('$name', async (lowered) => {
  const { status, body } = await answerTo(lowered);
  const causes = (body.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  expect(causes.sort()).toEqual([...lowered.refusals].sort());
  expect(status).toBe(lowered.refusals.length === 0 ? 200 : 422);
});
