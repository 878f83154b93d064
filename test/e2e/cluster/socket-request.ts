import { request } from 'node:http';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  /** The parsed JSON, or the text if the answer is not JSON. */
  readonly body: unknown;
}

const TIMEOUT_MS = 15_000;

/** One HTTP request over a Unix socket. Rejects when there is no whole answer in time. */
export function requestOver(socketPath: string, call: Call): Promise<Answer> {
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        path: call.path,
        method: call.method ?? 'GET',
        signal: AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS),
        headers:
          payload === undefined ? {} : { 'Content-Type': call.contentType ?? 'application/json' },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, body: parse(text) });
        });
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
