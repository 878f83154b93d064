import { Agent, request } from 'node:https';

export interface ApiEndpoint {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** The certificates that the server's own is checked against, PEM. */
  readonly ca: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with its query, `/api/v1/namespaces`. */
  readonly path: string;
  readonly token: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly timeoutMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** The parsed JSON, or the text if the answer is not JSON. */
  readonly body: unknown;
}

const TIMEOUT_MS = 10_000;

/**
 * One request to the API server, for the harness itself. It is deliberately not the operator's
 * own client: what the tests set up and look at must not pass through what they test. Resolves
 * for every HTTP status; rejects when there is no whole answer in time.
 */
export function callApi(endpoint: ApiEndpoint, call: ApiRequest): Promise<ApiAnswer> {
  // An agent a call: tests run side by side with restarts of the server, where a kept
  // connection would be one more thing that can be stale.
  const agent = new Agent({ ca: endpoint.ca, keepAlive: false });
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise<ApiAnswer>((resolve, reject) => {
    const outgoing = request(
      `${endpoint.url}${call.path}`,
      {
        agent,
        method: call.method,
        signal: AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS),
        headers: {
          Authorization: `Bearer ${call.token}`,
          Accept: call.accept ?? 'application/json',
          ...(payload === undefined
            ? {}
            : { 'Content-Type': call.contentType ?? 'application/json' }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            body: parse(Buffer.concat(chunks).toString('utf8')),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
