/** A set that asks other controllers to copy its signer Secret, with and without the flag that allows it. */
import { afterEach, expect, test } from 'vitest';
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

const SYNC = 'kubed.appscode.com/sync';
const COPYING = {
  ...FAST_SPEC,
  signer: { annotations: { [SYNC]: '', note: 'a' }, labels: { team: 'b' } },
};

function started(allowSecretCopies: boolean): OperatorWorld {
  world = new OperatorWorld();
  world.start({ allowSecretCopies });
  return world;
}

interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function metadataOf({ api }: OperatorWorld): Metadata {
  const signer = api.hand.get('secrets', NAMESPACE, 'payments-signer');
  return (signer?.['metadata'] ?? {}) as Metadata;
}

test('the annotation is not applied, the others are, and the set is ready', async () => {
  const of = started(false);
  of.apply('payments', COPYING);
  await of.clock.advance(10_000);
  expect(of.condition('Ready')).toBe('True Signing');
  expect(of.condition('MetadataRefused')).toBe('True AsksForCopies');
  expect(metadataOf(of).annotations).toMatchObject({ note: 'a' });
  expect(metadataOf(of).annotations).not.toHaveProperty(SYNC);
  expect(metadataOf(of).labels).toMatchObject({ team: 'b' });
});

test('with --allow-secret-copies it is applied, and taken off again by an operator without', async () => {
  const of = started(true);
  of.apply('payments', COPYING);
  await of.clock.advance(10_000);
  expect(metadataOf(of).annotations).toMatchObject({ [SYNC]: '', note: 'a' });
  expect(of.condition('MetadataRefused')).toBe('none');
  await of.stopAll();

  of.start({ identity: 'operator-2' });
  await of.clock.advance(10_000);
  expect(metadataOf(of).annotations).not.toHaveProperty(SYNC);
  expect(metadataOf(of).annotations).toMatchObject({ note: 'a' });
});

test('once the set no longer asks for it, the condition is gone', async () => {
  const of = started(false);
  of.apply('payments', COPYING);
  await of.clock.advance(10_000);
  of.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    draft['spec'] = { ...FAST_SPEC };
  });
  await of.clock.advance(10_000);
  expect(of.condition('MetadataRefused')).toBe('none');
  expect(of.condition('Ready')).toBe('True Signing');
});
