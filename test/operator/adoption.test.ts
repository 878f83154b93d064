import { afterEach, expect, test } from 'vitest';
import { REQUEST, SET_PLURAL } from '../../src/core/formats/names.ts';
import type { JsonObject } from '../fake-api/json/json.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

function uidOf(of: OperatorWorld, name: string): string {
  const set = of.api.hand.get(SET_PLURAL, NAMESPACE, name);
  return String((set?.['metadata'] as JsonObject | undefined)?.['uid']);
}

function stalled(of: OperatorWorld, name: string): string | undefined {
  return of.status(name).conditions?.find(({ type }) => type === 'Stalled')?.message;
}

test('the objects of a living set are not adopted; once it is gone, they are', async () => {
  const of = new OperatorWorld();
  world = of;
  of.start();
  of.apply('payments', FAST_SPEC);
  await of.clock.advance(20_000);
  const uid = uidOf(of, 'payments');
  const signer = { secretName: 'payments-signer' };
  const annotations = { [REQUEST.adopt]: uid };
  of.apply('copied', { ...FAST_SPEC, signer } as JsonObject, { annotations });
  await of.clock.advance(60_000);
  expect(stalled(of, 'copied')).toBe(
    `Secret payments-signer belongs to the set auth/payments (UID ${uid}). That set still exists, ` +
      'so its objects are not adopted. Delete it first, or create this set again with other names ' +
      'in spec.signer and spec.jwks.',
  );
  expect(of.condition('Ready')).toBe('True Signing');
  expect(of.api.hand.get('configmaps', NAMESPACE, 'copied-jwks')).toBeNull();

  of.api.hand.delete(SET_PLURAL, NAMESPACE, 'payments');
  await of.clock.advance(60_000);
  expect(of.condition('Stalled', 'copied')).toBe('none');
  expect(of.secret('payments-signer')?.['kid']).toBe(of.status('copied').activeKid);
});
