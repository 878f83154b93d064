import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { OBJECT_MAX_BYTES } from '../../../src/platform/kube/client.ts';
import { KubeApiError, RETRY_AFTER_MAX_MS } from '../../../src/platform/kube/errors.ts';
import { sendJson } from '../../support/kube/api-socket.ts';
import {
  type KubeFixture,
  never,
  rejection,
  SECRETS,
  startKube,
} from '../../support/kube/kube-fixture.ts';
import { eventually } from '../../support/wait/eventually.ts';

/** In place of key material. No error may contain it. */
const PLANTED = 'hunter2+PRIVATE/KEY==';
const REF = { namespace: 'auth', name: 'payments-key-1' };

/** A `Status` that leaks in every place where a real server, or a webhook, may quote a value. */
function status(code: number, reason: string, details: object = {}): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: `Secret "x" is invalid: data: Invalid value: "${PLANTED}"`,
    reason,
    details: { name: PLANTED, ...details },
    code,
  };
}

interface Row {
  readonly answer: (response: ServerResponse) => void;
  readonly kind: string;
  readonly advice: 'retry' | 're-read' | 'give-up';
  readonly also?: Partial<KubeApiError>;
}

const refuse =
  (code: number, reason: string, details?: object, headers?: Record<string, string>) =>
  (response: ServerResponse) =>
    sendJson(response, code, status(code, reason, details), headers);

const ROWS: Record<string, Row> = {
  '400': {
    answer: refuse(400, 'BadRequest'),
    kind: 'bad-request',
    advice: 'give-up',
  },
  '401': {
    answer: refuse(401, 'Unauthorized'),
    kind: 'unauthorized',
    advice: 'retry',
  },
  '403': {
    answer: refuse(403, 'Forbidden'),
    kind: 'forbidden',
    advice: 'give-up',
  },
  '403 in a namespace that is being deleted': {
    answer: refuse(403, 'Forbidden', {
      causes: [{ reason: 'NamespaceTerminating', message: PLANTED, field: 'metadata.namespace' }],
    }),
    kind: 'namespace-terminating',
    advice: 'give-up',
  },
  '404': {
    answer: refuse(404, 'NotFound'),
    kind: 'not-found',
    advice: 're-read',
    also: {
      code: 'KUBE_NOT_FOUND',
      reason: 'NotFound',
      message:
        'create secrets auth/payments-key-1: not-found (404 NotFound); it, its namespace or its ' +
        'type does not exist',
    },
  },
  '409 AlreadyExists': {
    answer: refuse(409, 'AlreadyExists'),
    kind: 'already-exists',
    advice: 're-read',
  },
  '409 Conflict': {
    answer: refuse(409, 'Conflict'),
    kind: 'conflict',
    advice: 're-read',
  },
  '410': {
    answer: refuse(410, 'Expired'),
    kind: 'gone',
    advice: 're-read',
  },
  '413': {
    answer: refuse(413, 'RequestEntityTooLarge'),
    kind: 'too-large',
    advice: 'give-up',
  },
  '422 quoting values': {
    answer: refuse(422, 'Invalid', {
      causes: [
        { reason: 'FieldValueInvalid', message: PLANTED, field: 'data[private.pem]' },
        { reason: PLANTED, message: PLANTED, field: `spec.revocations[kid="${PLANTED}"].reason` },
        { reason: 'FieldValueRequired', message: PLANTED, field: `${PLANTED} and more` },
      ],
    }),
    kind: 'invalid',
    advice: 'give-up',
    also: {
      causes: [
        { field: 'data[private.pem]', reason: 'FieldValueInvalid' },
        { field: 'spec.revocations[*].reason', reason: 'Unknown' },
        { field: '', reason: 'FieldValueRequired' },
      ],
    },
  },
  '403 of a webhook, with its own text': {
    answer: (response) => {
      const causes = [{ reason: 'NamespaceTerminating', message: PLANTED, field: 'hunter2' }];
      const said = status(403, 'Forbidden', { causes, retryAfterSeconds: 300 });
      const message = `admission webhook "a.example.com" denied the request: ${PLANTED}`;
      sendJson(response, 403, { ...said, message }, { 'retry-after': '300' });
    },
    kind: 'forbidden',
    advice: 'give-up',
    also: {
      causes: [],
      message:
        'create secrets auth/payments-key-1: forbidden (403 Forbidden); denied by the admission ' +
        'webhook a.example.com: ask who runs it',
    },
  },
  '429 with Retry-After': {
    answer: refuse(429, 'TooManyRequests', {}, { 'retry-after': '7' }),
    kind: 'throttled',
    advice: 'retry',
    also: { retryAfterMs: 7000 },
  },
  '429 with retryAfterSeconds': {
    answer: refuse(429, 'TooManyRequests', { retryAfterSeconds: 3 }),
    kind: 'throttled',
    advice: 'retry',
    also: { retryAfterMs: 3000 },
  },
  '429 with a Retry-After of years': {
    answer: refuse(429, 'TooManyRequests', {}, { 'retry-after': '99999999' }),
    kind: 'throttled',
    advice: 'retry',
    also: { retryAfterMs: RETRY_AFTER_MAX_MS },
  },
  '429 with retryAfterSeconds of years': {
    answer: refuse(429, 'TooManyRequests', { retryAfterSeconds: 99_999_999 }),
    kind: 'throttled',
    advice: 'retry',
    also: { retryAfterMs: RETRY_AFTER_MAX_MS },
  },
  '500': {
    answer: refuse(500, 'InternalError'),
    kind: 'server-error',
    advice: 'retry',
  },
  '500 with a reason of a webhook': {
    answer: refuse(500, PLANTED),
    kind: 'server-error',
    advice: 'retry',
    also: { reason: 'Unknown' },
  },
  '503': {
    answer: refuse(503, 'ServiceUnavailable'),
    kind: 'unavailable',
    advice: 'retry',
  },
  '503 as a page of a proxy': {
    answer: (response) => {
      response.writeHead(503, { 'content-type': 'text/html' });
      response.end(`<h1>${PLANTED}</h1>`);
    },
    kind: 'unavailable',
    advice: 'retry',
  },
  '504': {
    answer: refuse(504, 'Timeout'),
    kind: 'timeout',
    advice: 'retry',
  },
  'a redirect': {
    answer: (response) => {
      response.writeHead(302, { location: `https://${PLANTED}/` });
      response.end();
    },
    kind: 'bad-answer',
    advice: 'retry',
  },
  'a reset': {
    answer: (response) => response.socket?.resetAndDestroy(),
    kind: 'no-answer',
    advice: 'retry',
  },
  'an answer that is cut off': {
    answer: (response) => {
      response.writeHead(200, { 'content-length': '5000' });
      response.write(`{"metadata":{},"data":{"private.pem":"${PLANTED}`);
      setImmediate(() => response.socket?.end());
    },
    kind: 'bad-answer',
    advice: 'retry',
    also: { reason: 'Truncated' },
  },
  'an answer that never ends': {
    answer: (response) => {
      response.writeHead(200);
      const piece = PLANTED.repeat(50_000);
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    },
    kind: 'bad-answer',
    advice: 'retry',
    also: { reason: 'BodyTooLarge' },
  },
  'an answer that is not JSON': {
    answer: (response) => response.end(`${PLANTED} {`),
    kind: 'bad-answer',
    advice: 'retry',
    also: { reason: 'NotJson' },
  },
  'an answer that is not an object': {
    answer: (response) => response.end(`{"metadata":"${PLANTED}"}`),
    kind: 'bad-answer',
    advice: 'retry',
    also: { reason: 'NotAnObject' },
  },
};

function create(kube: KubeFixture): Promise<unknown> {
  const object = {
    metadata: { ...REF },
    data: { 'private.pem': PLANTED },
  };
  const deadlineMs = kube.clock.monotonicMs() + 10_000;
  return kube.client.create(SECRETS, object, { signal: never(), deadlineMs });
}

function expectNoSecret(error: unknown): void {
  expect(error).toBeInstanceOf(KubeApiError);
  const shown = `${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)}`;
  expect(`${shown} ${(error as Error).stack}`).not.toContain('hunter2');
}

describe('the answers of the API server, at the client', () => {
  test.each(Object.entries(ROWS))('%s', async (_, row) => {
    await using kube = await startKube((request, response) => {
      request.resume().on('end', () => row.answer(response));
    });
    const error = await rejection(create(kube));
    expectNoSecret(error);
    expect(error).toMatchObject({
      kind: row.kind,
      advice: row.advice,
      message: expect.stringMatching(/^create secrets auth\/payments-key-1: /),
      ...row.also,
    });
    const read = await rejection(kube.client.get(SECRETS, REF, { signal: never() }));
    expectNoSecret(read);
    expect(read).toMatchObject({
      kind: row.kind,
      message: expect.stringMatching(/^get secrets auth\/payments-key-1: /),
    });
    expect(kube.clock.sleeping).toBe(0);
  });

  test('nothing listens', async () => {
    await using kube = await startKube((_, response) => response.end());
    await kube.api[Symbol.asyncDispose]();
    const error = await rejection(create(kube));
    expect(error).toMatchObject({
      kind: 'no-answer',
      reason: 'ECONNREFUSED',
      message:
        'create secrets auth/payments-key-1: no-answer (ECONNREFUSED); nothing listens there: ' +
        'check that the API server runs and that the kubeconfig is current',
    });
  });

  test('a type that does not exist', async () => {
    await using kube = await startKube((_, response) => sendJson(response, 404, {}));
    const options = { resourceVersion: '1', timeoutSeconds: 1, signal: never() };
    const list = await rejection(kube.client.list(SECRETS, { signal: never() }));
    const watch = await rejection(kube.client.watch(SECRETS, options));
    for (const [verb, error] of Object.entries({ list, watch })) {
      expect(error).toMatchObject({
        code: 'KUBE_NOT_FOUND',
        message:
          `${verb} secrets: not-found (404 Unknown); the type does not exist: apply the ` +
          'CustomResourceDefinition of the version of this program',
      });
    }
    const read = await rejection(kube.client.get(SECRETS, REF, { signal: never() }));
    expect(read).toMatchObject({ message: expect.stringMatching(/its type does not exist$/) });
  });

  test('a hanging write ends at its deadline and closes its connection', async () => {
    await using kube = await startKube(() => {});
    const error = rejection(create(kube));
    await eventually('the request came', () => kube.api.requests.length === 1);
    await kube.clock.advance(9999);
    expect(kube.clock.sleeping).toBe(1);
    await kube.clock.advance(1);
    expect(await error).toMatchObject({ kind: 'timeout', reason: 'Deadline' });
    await eventually('the connection is closed', () => kube.api.open === 0);
  });

  test('a read that hangs within its body ends at its timeout', async () => {
    await using kube = await startKube((_, response) => {
      response.write('{"metadata":');
    });
    const error = rejection(kube.client.get(SECRETS, REF, { signal: never() }));
    await eventually('the request came', () => kube.api.requests.length === 1);
    await kube.clock.advance(30_000);
    expect(await error).toMatchObject({ kind: 'timeout', reason: 'Deadline' });
  });

  test('an abort by the caller rejects with its reason', async () => {
    await using kube = await startKube(() => {});
    const stop = new AbortController();
    const error = rejection(kube.client.get(SECRETS, REF, { signal: stop.signal }));
    await eventually('the request came', () => kube.api.requests.length === 1);
    const reason = new Error('shutting down');
    stop.abort(reason);
    expect(await error).toBe(reason);
    expect(kube.clock.sleeping).toBe(0);
  });

  test('the maximum size of an answer fits the largest object of etcd', () => {
    expect(OBJECT_MAX_BYTES).toBeGreaterThan(2 * 1.5 * 1024 * 1024);
  });
});
