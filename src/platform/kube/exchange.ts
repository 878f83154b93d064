/** One request over undici, and its answer. */
import type { Dispatcher } from 'undici';
import { abortable } from '../deadline.ts';
import { errorCode } from '../error-code.ts';
import { type KubeRequest, type KubeResponse, TransportError } from './transport.ts';

/**
 * Rejects as soon as the signal aborts. undici by itself does so only once it has a connection:
 * until then it remembers the abort, and drops the request when its turn has come.
 * @param options the request as it goes out
 * @param request names it in errors
 * @param onFree called once undici has done with the request and its answer, however it ended
 */
export async function exchange(
  dispatcher: Dispatcher,
  options: Omit<Dispatcher.RequestOptions, 'signal'>,
  request: KubeRequest,
  signal: AbortSignal,
  onFree: () => void,
): Promise<KubeResponse> {
  const asking = dispatcher.request({ ...options, signal }).then(
    (answer) => {
      // A body that is destroyed while nobody reads it must not end the process.
      answer.body.on('error', () => {}).once('close', onFree);
      if (signal.aborted) answer.body.destroy(); // Nobody waits for it any more.
      return answer;
    },
    (error: unknown) => {
      onFree();
      throw error;
    },
  );
  try {
    const answer = await abortable(asking, signal);
    return {
      status: answer.statusCode,
      headers: joinHeaders(answer.headers),
      body: guardBody(answer.body, request, signal),
    };
  } catch (error) {
    signal.throwIfAborted();
    const code = errorCode(error);
    throw new TransportError(code, `${request.method} ${request.path}: no answer (${code})`);
  }
}

async function* guardBody(
  body: AsyncIterable<Uint8Array>,
  request: KubeRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    const found = errorCode(error);
    const code = found === 'UND_ERR_BODY_TIMEOUT' ? found : 'TRUNCATED';
    throw new TransportError(
      code,
      `${request.method} ${request.path}: the answer was cut off (${found})`,
    );
  }
}

function joinHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
