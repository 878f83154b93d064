import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KeyMaker, KeyPair } from '../../src/platform/keys/key-maker.ts';
import { publicJwkOf } from '../../src/platform/keys/key-material.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld } from './operator-world.ts';

let world: OperatorWorld;
beforeEach(() => {
  world = new OperatorWorld();
});
afterEach(() => world.stopAll());

test('a new set has a signing key, a standby, and all objects as documented', async () => {
  world.start();
  world.apply();
  await world.clock.advance(1000);
  expect(world.keys()).toBe('#1 Active, #2 Pending');
  const signer = world.secret('payments-signer');
  expect(Object.keys(signer ?? {}).sort()).toEqual(['alg', 'kid', 'private.jwk', 'private.pem']);
  expect(signer?.['kid']).toBe(world.status().activeKid);
  expect(Object.keys(world.secret('payments-key-1') ?? {})).toEqual(['private.pem']);
  expect(world.jwks()?.keys.map(({ kid }) => kid)).toContain(signer?.['kid']);
  expect(world.condition('Ready')).toBe('False PublicationPending');
  expect(world.condition('Reconciling')).toBe('True PublicationPending');
  await world.clock.advance(3000);
  expect(world.condition('Ready')).toBe('True Signing');
  expect(world.condition('Reconciling')).toBe('none');
});

test('keys go through their states, each at its gate', async () => {
  world.start();
  world.apply();
  const seen: string[] = [];
  for (let second = 0; second < 80; second += 1) {
    await world.clock.advance(1000);
    if (seen.at(-1) !== world.keys()) seen.push(world.keys());
  }
  expect(seen).toEqual([
    '#1 Active, #2 Pending',
    '#1 Retiring, #2 Active, #3 Pending',
    '#1 Retired, #2 Active, #3 Pending',
    '#1 Retired, #2 Retiring, #3 Active, #4 Pending',
    '#1 Retired, #2 Retired, #3 Active, #4 Pending',
  ]);
  expect(world.secret('payments-key-1')).toBeNull();
  expect(world.secret('payments-key-2')).toBeNull();
});

test('once converged, neither edits of the set nor time cause a write', async () => {
  world.start();
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await world.clock.advance(20_000);
  const before = world.api.writes.length;
  for (let touch = 0; touch < 100; touch += 1) {
    for (const [resource, name] of [
      ['signingkeysets', 'payments'],
      ['secrets', 'payments-signer'],
      ['secrets', 'payments-key-2'],
      ['configmaps', 'payments-jwks'],
    ] as const) {
      world.api.hand.edit(resource, NAMESPACE, name, (draft) => {
        const metadata = draft['metadata'] as { labels?: Record<string, string> };
        metadata.labels = { ...metadata.labels, touched: String(touch) };
      });
    }
    await world.clock.advance(100);
  }
  await world.clock.advance(3_600_000);
  expect(world.operatorWrites(before)).toEqual([]);
});

test('a new operator continues where the last one stopped', async () => {
  const first = world.start();
  world.apply();
  await world.clock.advance(33_000);
  expect(world.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
  await first.stop();
  const before = world.api.writes.length;
  world.start({ identity: 'operator-2' });
  await world.clock.advance(1000);
  expect(world.operatorWrites(before)).toEqual([]);
  await world.clock.advance(14_000);
  expect(world.keys()).toBe('#1 Retired, #2 Active, #3 Pending');
});

test('a rotation on request waits for its gate, and is handled once', async () => {
  world.start();
  world.apply('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await world.clock.advance(1000);
  world.api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    const metadata = draft['metadata'] as { annotations?: Record<string, string> };
    metadata.annotations = { 'signingkeys.dev/rotate': 'now' };
  });
  await world.clock.advance(5000);
  expect(world.keys()).toBe('#1 Active, #2 Pending');
  await world.clock.advance(10_000);
  expect(world.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
  expect(world.status().lastHandledRotateRequest).toBe('now');
  await world.clock.advance(3_600_000);
  expect(world.keys()).toBe('#1 Retired, #2 Active, #3 Pending');
});

test('two operators without an election never do harm, and converge', async () => {
  world.start({ identity: 'a' });
  world.start({ identity: 'b' });
  world.apply();
  await world.clock.advance(80_000);
  expect(world.keys()).toBe('#1 Retired, #2 Retired, #3 Active, #4 Pending');
  const creates = world
    .operatorWrites()
    .filter(({ verb, resource }) => verb === 'create' && resource === 'secrets');
  expect(creates.map(({ name }) => name).sort()).toEqual([
    'payments-key-1',
    'payments-key-2',
    'payments-key-3',
    'payments-key-4',
    'payments-signer',
  ]);
});

test('with an election only one works; the other takes over after a stop', async () => {
  const first = world.start({ identity: 'a', elected: true });
  await world.clock.advance(100);
  const second = world.start({ identity: 'b', elected: true });
  world.apply();
  await world.clock.advance(20_000);
  expect(first.log.lines.some(({ fields }) => fields['step'] === 'WriteSigner')).toBe(true);
  expect(second.log.lines.some(({ fields }) => fields['step'] !== undefined)).toBe(false);
  expect(await first.stop()).toEqual({ kind: 'stopped' });
  await world.clock.advance(20_000);
  expect(world.keys()).toBe('#1 Retiring, #2 Active, #3 Pending');
  expect(second.log.lines.some(({ fields }) => fields['step'] === 'WriteSigner')).toBe(true);
});

test('a key pair that took long to make is not used once the set wants another length', async () => {
  const { clock, api } = world;
  const rsa = (rsaModulusLength: number) => ({
    ...FAST_SPEC,
    algorithm: 'RS256',
    rsaModulusLength,
  });
  const lengths: (number | null)[] = [];
  const keys: KeyMaker = {
    async make({ rsaModulusLength }, signal) {
      lengths.push(rsaModulusLength);
      if (lengths.length === 1) {
        api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
          draft['spec'] = rsa(3072);
        });
        // So long that the set is read again before the pair is used.
        await clock.sleepUntil(clock.monotonicMs() + 60_000, signal);
      }
      return rsaPair(rsaModulusLength ?? 0);
    },
  };
  world.start({ keys });
  world.apply('payments', rsa(2048));
  await clock.advance(61_000);
  expect(lengths.slice(0, 2)).toEqual([2048, 3072]);
  const pem = world.secret('payments-signer')?.['private.pem'] ?? '';
  expect(createPrivateKey(pem).asymmetricKeyDetails?.modulusLength).toBe(3072);
});

function rsaPair(modulusLength: number): KeyPair {
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  const encodings = { privateKeyEncoding, publicKeyEncoding };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, ...encodings });
  const publicJwk = publicJwkOf(privateKey, 'RS256');
  if ('problem' in publicJwk) throw new Error(publicJwk.problem);
  return { kid: publicJwk.kid, publicJwk, privatePem: privateKey };
}
