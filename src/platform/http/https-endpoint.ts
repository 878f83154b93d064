/** An endpoint with TLS, for few clients. What it shows and whom it trusts can change while it runs. */
import { constants } from 'node:crypto';
import { createServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import {
  type HttpEndpoint,
  type HttpEndpointOptions,
  openEndpoint,
  serverOptionsOf,
} from './endpoint.ts';
import { Handshakes } from './handshakes.ts';

export interface HttpsEndpointOptions extends HttpEndpointOptions {
  /**
   * Whether clients are asked for a certificate. They may show none: a route judges them by
   * `certificateProblem`, because an answer says more than a handshake that fails.
   */
  readonly asksForCertificate: boolean;
}

export interface HttpsEndpoint extends HttpEndpoint {
  /** Takes effect with the next connection. Before the first call each handshake fails. */
  useContext(context: SecureContextOptions): void;
}

const TLS: SecureContextOptions = {
  // With 1.2, a certificate with a false signature leaves an error in OpenSSL that Node takes for the
  // request's: the client would get 400 instead of what is wrong.
  minVersion: 'TLSv1.3',
  // With a ticket a client would come back, whatever has become of its CA meanwhile.
  secureOptions: constants.SSL_OP_NO_TICKET,
};

/**
 * Opens the port.
 * @throws ListenError
 */
export async function startHttpsEndpoint(options: HttpsEndpointOptions): Promise<HttpsEndpoint> {
  const { asksForCertificate, limits } = options;
  const server = createServer({
    ...serverOptionsOf(options),
    ...TLS,
    requestCert: asksForCertificate,
    rejectUnauthorized: false,
    handshakeTimeout: limits.headersTimeoutMs,
  });
  const handshakes = new Handshakes(server, limits.connectionsMax);
  const { port, close } = await openEndpoint(server, options, 'secureConnection');
  return {
    port,
    useContext: (context) => server.setSecureContext({ ...context, ...TLS }),
    close(graceMs) {
      handshakes.end();
      return close(graceMs);
    },
  };
}
