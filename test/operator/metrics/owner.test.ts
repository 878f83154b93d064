/** docs/operations.md, "Say who owns a set": what people write on a set for themselves stays there. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { REQUEST, SET_PLURAL } from '../../../src/core/formats/names.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from '../operator-world.ts';

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

const OWNER = {
  labels: { team: 'payments-team' },
  annotations: { 'example.com/contact': '#payments-oncall' },
};
const NAMES = /payments-team|payments-oncall|example\.com\/contact/;

test('labels and annotations of a set are copied to no object, event, line of the log or metric', async () => {
  const written: string[] = [];
  world.api.onCommit(({ resource, after }) => {
    if (resource !== SET_PLURAL) written.push(`${resource} ${JSON.stringify(after)}`);
  });
  const { registry, log } = world.start();
  world.apply('payments', FAST_SPEC, OWNER);
  await world.clock.advance(20_000);
  world.api.hand.edit(SET_PLURAL, NAMESPACE, 'payments', (draft) => {
    const annotations = { ...OWNER.annotations, [REQUEST.rotate]: 'now' };
    draft['metadata'] = { ...(draft['metadata'] as object), annotations };
  });
  await world.clock.advance(60_000);
  expect(world.keys()).toContain('Retired');
  const kinds = new Set(written.map((text) => text.split(' ')[0]));
  expect([...kinds]).toEqual(expect.arrayContaining(['secrets', 'configmaps', 'events']));
  expect(written.filter((text) => NAMES.test(text))).toEqual([]);
  expect(log.lines.filter((line) => NAMES.test(JSON.stringify(line)))).toEqual([]);
  expect(await registry.metrics()).not.toMatch(NAMES);
});
