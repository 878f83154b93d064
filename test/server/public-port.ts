/** The public port of the JWKS server on a real socket, with content that the test hands in. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import {
  type AnswerLimits,
  type AnswerServer,
  createAnswerServer,
} from '../../src/platform/http/answer-server.ts';
import { sha256Base64url } from '../../src/platform/keys/digest.ts';
import { composeAnswers } from '../../src/server/answers.ts';
import { createServerMetrics, type ServerMetrics } from '../../src/server/metrics.ts';
import { createRouter } from '../../src/server/router.ts';
import type { Served } from '../../src/server/source.ts';
import { recordLog } from '../support/kube/log-recorder.ts';
import { makeJwks, OPENID_JSON } from './fixtures.ts';

export const JWKS = '/.well-known/jwks.json';
export const OPENID = '/.well-known/openid-configuration';
export const bytesOf = (text: string) => new TextEncoder().encode(text);

export const jwksText = makeJwks('payments-1', 'payments-2');
export const etag = `"${sha256Base64url(bytesOf(jwksText))}"`;
export const served: Served = {
  jwks: { bytes: bytesOf(jwksText), kids: ['payments-1', 'payments-2'] },
  policy: { maxAgeSeconds: 300, sharedMaxAgeSeconds: 0 },
  openidConfiguration: { bytes: bytesOf(OPENID_JSON), issuer: 'https://auth.example.com' },
};

const LIMITS: AnswerLimits = {
  connectionsMax: 100,
  connectionsPerPeerMax: null,
  heldBytesMax: 32 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  unreadTimeoutMs: 10_000,
};

export interface PublicPort {
  readonly port: number;
  readonly server: AnswerServer;
  readonly metrics: ServerMetrics;
  serve(served: Served | null): void;
}

/** Answers until the test has finished. */
export async function startPublicPort(
  content: Served | null,
  limits: Partial<AnswerLimits> = {},
): Promise<PublicPort> {
  const metrics = createServerMetrics();
  const compose = (next: Served | null) =>
    composeAnswers(next, {
      jwksContentType: 'application/json',
      retryAfterSeconds: 5,
      isStopping: false,
      counts: metrics.counts,
    });
  const router = createRouter(compose(content), metrics.counts);
  const server = createAnswerServer({
    port: 0,
    limits: { ...LIMITS, ...limits },
    clock: systemClock,
    log: recordLog(),
    choose: router.choose,
    refusals: router.refusals,
    countMalformed: router.countMalformed,
    onConnectionClosed: metrics.countDroppedConnection,
  });
  const port = await server.listen('127.0.0.1');
  onTestFinished(() => server.close(0));
  return { port, server, metrics, serve: (next) => router.serve(compose(next)) };
}

/** Requests as they are counted, such as `200 /.well-known/jwks.json 2`. */
export async function requestsCounted({ registry }: ServerMetrics): Promise<readonly string[]> {
  const text = await registry.metrics();
  const line = /^signingkeys_http_requests_total\{code="([0-9]+)",path="(.*)"\} ([1-9][0-9]*)$/gm;
  return [...text.matchAll(line)].map(([, code, path, count]) => `${code} ${path} ${count}`).sort();
}
