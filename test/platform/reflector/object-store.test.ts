import { expect, test } from 'vitest';
import { ObjectStore } from '../../../src/platform/reflector/object-store.ts';

const object = (name: string, uid: string, resourceVersion: string) => ({
  metadata: { namespace: 'auth', name, uid, resourceVersion },
});

const told = (events: ReturnType<ObjectStore['put']>) =>
  events.map(({ type, name, uid, resourceVersion }) => `${type} ${name} ${uid} ${resourceVersion}`);

function filled(): ObjectStore {
  const store = new ObjectStore((given) => given);
  store.put(object('a', 'u1', '1'));
  store.put(object('b', 'u2', '2'));
  return store;
}

test.each([
  ['a new one', 'c', 'u3', ['upsert c u3 9']],
  ['a change', 'a', 'u1', ['upsert a u1 9']],
  ['a new object of the same name', 'a', 'u9', ['delete a u1 1', 'upsert a u9 9']],
])('put: %s', (_, name, uid, events) => {
  expect(told(filled().put(object(name, uid, '9')))).toEqual(events);
});

test('put: the stored version is not an event', () => {
  expect(filled().put(object('a', 'u1', '1'))).toEqual([]);
});

test.each([
  ['a stored object, as last stored', 'a', 'u1', ['delete a u1 1']],
  ['an unknown object', 'c', 'u1', []],
  ['an older object of the same name', 'a', 'u0', []],
])('remove: %s', (_, name, uid, events) => {
  const store = filled();
  expect(told(store.remove(object(name, uid, '9')))).toEqual(events);
  expect(store.size).toBe(events.length === 0 ? 2 : 1);
});

test('replaceAll reports only the differences', () => {
  const store = filled();
  const events = store.replaceAll([object('b', 'u2', '2'), object('c', 'u3', '3')]);
  expect(told(events)).toEqual(['delete a u1 1', 'upsert c u3 3']);
  expect([...store.values()].map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
});

test('objects with and without a namespace are kept apart', () => {
  const store = new ObjectStore((given) => given);
  store.put({ metadata: { name: 'auth', uid: 'u1', resourceVersion: '1' } });
  store.put({ metadata: { namespace: 'auth', name: 'auth', uid: 'u2', resourceVersion: '2' } });
  expect(store.get('', 'auth')?.metadata.uid).toBe('u1');
  expect(store.get('auth', 'auth')?.metadata.uid).toBe('u2');
});
