/** `/healthz`, `/readyz` and `/metrics` of a program: for kubelets and Prometheus. */
import {
  type HttpAnswer,
  type HttpEndpoint,
  type HttpEndpointOptions,
  OPERATIONAL_LIMITS,
  startHttpEndpoint,
} from './endpoint.ts';

export interface OperationalEndpointOptions
  extends Pick<HttpEndpointOptions, 'host' | 'port' | 'flags' | 'clock' | 'log'> {
  readonly registry: { readonly contentType: string; metrics(): Promise<string> };
  /** Why the program is not ready, in a few words; null while it is. */
  readonly unreadyBecause: () => string | null;
}

/** @throws ListenError */
export async function startOperationalEndpoint({
  registry,
  unreadyBecause,
  ...options
}: OperationalEndpointOptions): Promise<HttpEndpoint> {
  let rendering: Promise<string> | null = null;
  // Rendered once for all who ask meanwhile: it takes time, and each text may be large.
  const render = () => {
    rendering ??= registry.metrics().finally(() => {
      rendering = null;
    });
    return rendering;
  };
  return await startHttpEndpoint({
    ...options,
    limits: OPERATIONAL_LIMITS,
    routes: {
      '/healthz': () => plain(200, 'ok'),
      '/readyz': () => {
        const why = unreadyBecause();
        return why === null ? plain(200, 'ok') : plain(503, why);
      },
      '/metrics': async () => {
        const headers = { 'content-type': registry.contentType };
        return { status: 200, headers, body: await render() };
      },
    },
  });
}

function plain(status: number, text: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
}
