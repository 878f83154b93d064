import { calculateJwkThumbprint, importJWK, importPKCS8, type JWK, jwtVerify, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { kubectl } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';

test('after kubectl apply there are Secrets and a ConfigMap as the contract says', async () => {
  const { namespace, sets, secret, configMap, statusOf } = await started('op-objects');
  const template = {
    signer: { labels: { team: 'pay' }, annotations: { 'example.com/reload': 'true' } },
    issuer: 'https://auth.example.com',
  };
  await sets.create('payments', { ...FAST_SPEC, ...template });
  await eventually('a published standby', async () => {
    return (await statusOf('payments')).keys?.[1]?.publishedTime !== undefined;
  });
  const status = await statusOf('payments');
  const signer = await secret('payments-signer');
  const jwks = await configMap('payments-jwks');
  const key1 = await secret('payments-key-1');
  expect(signer?.type).toBe('signingkeys.dev/signer');
  expect(Object.keys(signer?.text ?? {}).sort()).toEqual([
    'alg',
    'kid',
    'private.jwk',
    'private.pem',
  ]);
  expect(signer?.labels).toMatchObject({ team: 'pay', 'signingkeys.dev/set': 'payments' });
  expect(signer?.annotations).toMatchObject({ 'example.com/reload': 'true' });
  expect([key1?.type, key1?.immutable, Object.keys(key1?.text ?? {})]).toEqual([
    'signingkeys.dev/key',
    true,
    ['private.pem'],
  ]);
  expect(Object.keys(jwks?.data ?? {}).sort()).toEqual([
    'jwks',
    'jwks.json',
    'openid-configuration.json',
    'serve.json',
  ]);
  expect(jwks?.data['jwks']).toBe(jwks?.data['jwks.json']);
  const keys = JSON.parse(jwks?.data['jwks.json'] ?? '').keys as JWK[];
  expect(keys.map((key) => Object.keys(key))).toEqual([
    ['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use'],
    ['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use'],
  ]);
  for (const key of keys) expect(key.kid).toBe(await calculateJwkThumbprint(key));
  expect(JSON.parse(jwks?.data['serve.json'] ?? '')).toEqual({
    maxAgeSeconds: 2,
    sharedMaxAgeSeconds: 0,
  });
  // What an issuer signs with either form of the key, a verifier of the JWKS accepts.
  const active = keys.find(({ kid }) => kid === status.activeKid) ?? {};
  const pem = await importPKCS8(signer?.text['private.pem'] ?? '', 'ES256');
  const jwk = await importJWK(JSON.parse(signer?.text['private.jwk'] ?? ''), 'ES256');
  for (const key of [pem, jwk]) {
    const header = { alg: 'ES256', kid: signer?.text['kid'] ?? '' };
    const token = await new SignJWT({}).setProtectedHeader(header).sign(key);
    await jwtVerify(token, await importJWK(active, 'ES256'));
  }
  const columns = (await kubectl(['get', 'sks', '-n', namespace])).split('\n');
  expect(columns[0]).toMatch(/^NAME +READY +ACTIVE +ALGORITHM +KEYS +NEXT +AT +AGE$/);
  expect(columns[1]).toMatch(/^payments +(?:True|False) +#1 +ES256 +2 +Activate +20.*Z +\d+s$/);
  const list = ['get', 'events', '-n', namespace, '-o', 'jsonpath={.items[*].reason}'];
  // Nothing waits for an event on its way.
  const events = await eventually('both events', async () => {
    const reasons = (await kubectl(list)).split(' ');
    return reasons.length > 1 && reasons;
  });
  expect(events.sort()).toEqual(['KeyActivated', 'KeyPending']);
});

test('someone edits the JWKS and the signer: both are put back, and every wait starts again', async () => {
  const { namespace, sets, secret, configMap, statusOf, keys } = await started('op-hands');
  await sets.create('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  await eventually('a standby', async () => (await keys('payments')) === '#1 Active, #2 Pending');
  const before = await statusOf('payments');
  await kubectl(['delete', 'configmap', 'payments-jwks', '-n', namespace]);
  await eventually('the JWKS again', async () => (await configMap('payments-jwks')) !== null);
  await eventually('a later gate', async () => {
    const now = (await statusOf('payments')).keys?.[1]?.activatableTime ?? '';
    return now > (before.keys?.[1]?.activatableTime ?? '');
  });
  const kid = (await statusOf('payments')).activeKid;
  const emptied = '{"data":{"private.pem":"","kid":"","alg":"","private.jwk":""}}';
  await kubectl([
    'patch',
    'secret',
    'payments-signer',
    '-n',
    namespace,
    '--type=merge',
    '-p',
    emptied,
  ]);
  await eventually('the signing key again', async () => {
    return (await secret('payments-signer'))?.text['kid'] === kid;
  });
  await kubectl(['delete', 'secret', 'payments-signer', '-n', namespace]);
  await eventually('the signer again', async () => {
    return (await secret('payments-signer'))?.text['kid'] === kid;
  });
  await kubectl(['delete', 'secret', 'payments-key-1', '-n', namespace]);
  await eventually('the key Secret again', async () => (await secret('payments-key-1')) !== null);
  expect((await statusOf('payments')).activeKid).toBe(kid);
  await eventually('rest', async () => {
    const { conditions } = await statusOf('payments');
    return conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  });
});

test('a term is lowered once the status shows its old value, and not while no operator runs', async () => {
  const { sets, statusOf, operator } = await started('op-terms');
  await sets.create('payments', { ...FAST_SPEC, rotation: { interval: '720h' } });
  const setT = async (tokenTTL: string) =>
    (await sets.edit('payments', { spec: { tokenTTL } })).status;
  await eventually('the first terms', async () => {
    return (await statusOf('payments')).terms?.tokenTTL === FAST_SPEC.tokenTTL;
  });
  expect((await statusOf('payments')).terms).toEqual({
    tokenTTL: '8s',
    verifierCacheTTL: '5s',
    verifierTrust: '5s',
    sharedCacheTTL: '0s',
    publicationDelay: '2s',
    signerRefreshDelay: '2s',
    verifierLeeway: '1s',
    clockSkew: '1s',
  });
  expect(await setT('40s')).toBe(200);
  await eventually('the raised term', async () => {
    return (await statusOf('payments')).terms?.tokenTTL === '40s';
  });
  expect(await setT('9s')).toBe(200);
  await eventually('the lowered term, of which the old value still counts', async () => {
    const { terms, effectiveTokenTTL } = await statusOf('payments');
    return terms?.tokenTTL === '9s' && effectiveTokenTTL === '40s';
  });
  await operator.end('SIGTERM');
  expect(await setT('40s')).toBe(200);
  expect(await setT('9s')).toBe(422);
});

test('deletionPolicy Delete takes the set down in order; Retain leaves everything', async () => {
  const { sets, secret, configMap, keys, namespace } = await started('op-delete');
  await sets.create('gone', { ...FAST_SPEC, deletionPolicy: 'Delete' });
  await sets.create('kept', FAST_SPEC);
  await eventually('both', async () => {
    return (await keys('gone')) !== '' && (await keys('kept')) === '#1 Active, #2 Pending';
  });
  await eventually('its standby', async () => (await keys('gone')) === '#1 Active, #2 Pending');
  await kubectl(['delete', 'sks', 'gone', 'kept', '-n', namespace, '--wait=false']);
  await eventually(
    'an empty signer',
    async () => (await secret('gone-signer'))?.text['kid'] === '',
  );
  expect(await configMap('gone-jwks')).not.toBeNull();
  await eventually('the end', async () => (await sets.read('gone')).status === 404, 60_000);
  expect(await secret('gone-signer')).toBeNull();
  expect(await secret('gone-key-1')).toBeNull();
  expect(await configMap('gone-jwks')).toBeNull();
  expect((await secret('kept-signer'))?.text['kid']).not.toBe('');
  // A new set of that name takes over what the old one left.
  const kid = (await secret('kept-signer'))?.text['kid'];
  await sets.create('kept', FAST_SPEC);
  await eventually('adoption', async () => (await keys('kept')).includes('#1 Active'));
  expect((await secret('kept-signer'))?.text['kid']).toBe(kid);
});

test('what is in the way is left alone, and the set says so', async () => {
  const { namespace, sets, statusOf } = await started('op-foreign');
  await kubectl(['create', 'secret', 'generic', 'payments-signer', '-n', namespace]);
  await sets.create('payments', FAST_SPEC);
  const stalled = await eventually('a verdict', async () => {
    return (await statusOf('payments')).conditions?.find(({ type }) => type === 'Stalled');
  });
  expect([stalled.status, stalled.reason]).toEqual(['True', 'ObjectNotOwned']);
  expect(stalled.message).toContain(
    'Secret payments-signer has no signingkeys.dev/owner annotation',
  );
  expect(await kubectl(['get', 'secrets', '-n', namespace, '-o', 'name'])).toBe(
    'secret/payments-signer\n',
  );
});

test('probes and metrics answer, and SIGTERM ends it in order', async () => {
  const { sets, keys, operator } = await started('op-http', ['--leader-elect=false']);
  await sets.create('payments', FAST_SPEC);
  await eventually('a standby', async () => (await keys('payments')) === '#1 Active, #2 Pending');
  const url = await operator.url();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const metrics = await eventually('the figures', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.includes('signingkeys_next_transition_timestamp_seconds{') ? text : null;
  });
  for (const name of [
    'signingkeys_key_info{',
    'signingkeys_keys{',
    'signingkeys_transition_overdue_seconds{',
    'workqueue_adds_total{',
    'workqueue_depth{',
    'controller_runtime_reconcile_total{',
  ]) {
    expect(metrics).toContain(name);
  }
  expect(await operator.end('SIGTERM')).toBe(0);
});
