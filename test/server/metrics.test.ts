import { expect, test } from 'vitest';
import { createServerMetrics, type ServerMetrics } from '../../src/server/metrics.ts';
import { makeJwks } from './fixtures.ts';

function jwksOf(...kids: readonly string[]) {
  return { bytes: new TextEncoder().encode(makeJwks(...kids)), kids };
}

/** What is shown of the JWKS that is served, without its prefix. */
async function shown({ registry }: ServerMetrics): Promise<readonly string[]> {
  const lines = (await registry.metrics()).split('\n');
  const wanted = /^signingkeys_jwks_(keys|key_info|last_change_timestamp_seconds)[ {]/;
  return lines.filter((line) => wanted.test(line)).map((line) => line.slice(17));
}

test('nothing is shown before a set is served', async () => {
  const metrics = createServerMetrics();
  expect(await shown(metrics)).toEqual(['keys 0', 'last_change_timestamp_seconds 0']);
});

test('exactly the served keys are shown by kid, and since when', async () => {
  const metrics = createServerMetrics();
  metrics.setJwks(jwksOf('a', 'b'), 100_500);
  expect(await shown(metrics)).toEqual([
    'keys 2',
    'key_info{kid="a"} 1',
    'key_info{kid="b"} 1',
    'last_change_timestamp_seconds 100.5',
  ]);
  metrics.setJwks(jwksOf('b', 'c', 'd'), 200_000);
  expect(await shown(metrics)).toEqual([
    'keys 3',
    ...['key_info{kid="b"} 1', 'key_info{kid="c"} 1', 'key_info{kid="d"} 1'],
    'last_change_timestamp_seconds 200',
  ]);
});

test('serving the same content again is no change', async () => {
  const metrics = createServerMetrics();
  const jwks = jwksOf('a');
  metrics.setJwks(jwks, 100_000);
  metrics.setJwks({ ...jwks, bytes: Uint8Array.from(jwks.bytes) }, 200_000);
  expect(await shown(metrics)).toContain('last_change_timestamp_seconds 100');
  // The same kids of another key.
  metrics.setJwks(jwksOf('a'), 300_000);
  expect(await shown(metrics)).toContain('last_change_timestamp_seconds 300');
});
