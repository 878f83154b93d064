import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RETRY_AFTER_MAX_MS } from '../../../src/platform/kube/errors.ts';
import {
  readLines,
  WATCH_LINE_MAX_BYTES,
  WATCH_OPEN_TIMEOUT_MS,
} from '../../../src/platform/kube/watch-stream.ts';
import { never, rejection, SECRETS, startKube } from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const size of sizes) {
    yield bytes.subarray(from, from + size);
    from += size;
  }
  yield bytes.subarray(from);
}

async function linesOf(body: AsyncIterable<Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(body)) lines.push(line);
  return lines;
}

test('lines do not depend on how bytes are split, and half a line is not a line', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((line) => `"${line.replaceAll('\n', ' ')}"`);
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.array(fc.nat(20)), async (lines, sizes) => {
      const bytes = Buffer.from(`${lines.map((line) => `${line}\n`).join('\n')}half`);
      expect(await linesOf(pieces(bytes, sizes))).toEqual(lines);
    }),
  );
});

test('a line has a maximum size', async () => {
  const endless = async function* () {
    for (let i = 0; i < 100; i += 1) yield new Uint8Array(WATCH_LINE_MAX_BYTES / 8).fill(97);
  };
  expect(await rejection(linesOf(endless()))).toMatchObject({ reason: 'LineTooLong' });
  const bad = pieces(new Uint8Array([0xff, 10]), []);
  expect(await rejection(linesOf(bad))).toMatchObject({ reason: 'NotUtf8' });
});

const options = { resourceVersion: '1', timeoutSeconds: 300 };

test('a watch must be accepted before a deadline, and has none afterwards', async () => {
  await using kube = await startKube((request, response) => {
    if (request.url?.includes('/slow/')) return;
    response.flushHeaders();
    setImmediate(() => response.write('\n'));
  });
  const slow = kube.client.watch(SECRETS, { ...options, namespace: 'slow', signal: never() });
  const error = rejection(slow);
  await eventually('it asked', () => kube.api.requests.length === 1);
  await kube.clock.advance(WATCH_OPEN_TIMEOUT_MS);
  expect(await error).toMatchObject({
    kind: 'timeout',
    message: expect.stringMatching(/^watch secrets slow: /),
  });
  await eventually('it hung up', () => kube.api.open === 0);

  const stop = new AbortController();
  const watch = await kube.client.watch(SECRETS, { ...options, signal: stop.signal });
  const next = rejection(watch.next());
  expect(kube.clock.sleeping).toBe(0);
  expect(kube.api.open).toBe(1);
  const reason = new Error('enough');
  stop.abort(reason);
  expect(await next).toBe(reason);
  await eventually('it hung up', () => kube.api.open === 0);
});

test('the wait that an error inside a watch asks for has a maximum', async () => {
  const details = { retryAfterSeconds: 99_999_999 };
  const object = { kind: 'Status', code: 429, reason: 'TooManyRequests', details };
  await using kube = await startKube((_, response) => {
    response.write(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  });
  const watch = await kube.client.watch(SECRETS, { ...options, signal: never() });
  expect(await rejection(watch.next())).toMatchObject({
    kind: 'throttled',
    retryAfterMs: RETRY_AFTER_MAX_MS,
  });
});

test('leaving the loop closes the connection', async () => {
  const event = {
    type: 'ADDED',
    object: { metadata: { name: 'a', uid: 'u', resourceVersion: '2' } },
  };
  await using kube = await startKube((_, response) => {
    response.write(`${JSON.stringify(event)}\n`);
  });
  for await (const got of await kube.client.watch(SECRETS, { ...options, signal: never() })) {
    expect(got).toEqual(event);
    break;
  }
  await eventually('it hung up', () => kube.api.open === 0);
});
