/**
 * A watch over the API, for those in the demo who look at objects: the kubelet's part and the
 * screen. It is deliberately not the operator's own client.
 */
import { Agent, request } from 'undici';

export interface ApiAccess {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** The certificates that the server's own is checked against, PEM. */
  readonly ca: string;
  readonly token: string;
}

/** The members of an object that the demo looks at. */
export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

export interface WatchTarget {
  /** Of a collection, `/api/v1/namespaces/default/secrets`. */
  readonly path: string;
  /** `metadata.name=payments`. */
  readonly fieldSelector: string;
}

/** The latest state of an object; null once it is deleted. */
export type OnObject = (object: WatchedObject | null) => void;

const RETRY_PAUSE_MS = 200;

/**
 * Tells of every state of the objects that it sees, beginning with what is there, until the
 * signal aborts. A watch that breaks starts again, and reports again what is there then.
 */
export async function watchObjects(
  api: ApiAccess,
  target: WatchTarget,
  onObject: OnObject,
  signal: AbortSignal,
): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: api.ca }, allowH2: false, bodyTimeout: 0 });
  const url = `${api.url}${target.path}?watch=true&fieldSelector=${encodeURIComponent(target.fieldSelector)}`;
  const headers = { authorization: `Bearer ${api.token}`, accept: 'application/json' };
  try {
    while (!signal.aborted) {
      // A server that restarts or cuts the stream is looked for again.
      await watchOnce(url, { dispatcher, headers, signal }, onObject).catch(() => undefined);
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  } finally {
    await dispatcher.destroy();
  }
}

async function watchOnce(
  url: string,
  options: {
    readonly dispatcher: Agent;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
  onObject: OnObject,
): Promise<void> {
  const { statusCode, body } = await request(url, { ...options, method: 'GET' });
  if (statusCode !== 200) {
    await body.dump();
    return;
  }
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(JSON.parse(line), onObject);
  }
}

function tell(event: { type: string; object: WatchedObject }, onObject: OnObject): void {
  if (event.type === 'ERROR') throw new Error('the watch ended');
  onObject(event.type === 'DELETED' ? null : event.object);
}
