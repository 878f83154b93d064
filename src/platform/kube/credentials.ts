import { createHash, X509Certificate } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { abortable, DeadlineExceeded, withDeadline } from '../deadline.ts';
import { errorCode } from '../error-code.ts';
import { TransportError } from './transport.ts';

/** An exec plugin or OIDC provider that takes longer has failed. */
export const CREDENTIALS_TIMEOUT_MS = 30_000;
/** Credentials are read again after a 401, but not more often: an exec plugin may be slow. */
export const CREDENTIALS_RENEW_MIN_MS = 5000;

/** What authenticates one request. */
export interface Credentials {
  /** Lower-case names: `authorization`, `impersonate-user`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsIdentity;
}

export interface TlsIdentity {
  /** Equal for equal identities, whose requests may share connections. */
  readonly fingerprint: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Gets the credentials of each request from client-node, which reads the CA file every time and the
 * token file once a minute. Concurrent requests share one call, so that fifty of them don't start fifty
 * exec plugins.
 */
export class CredentialSource {
  readonly #clock: Clock;
  readonly #reload: () => KubeConfig;
  #config: KubeConfig;
  #pending: Promise<Credentials> | null = null;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  /** @param reload reads the configuration again from its source; may throw */
  constructor(config: KubeConfig, reload: () => KubeConfig, clock: Clock) {
    this.#config = config;
    this.#reload = reload;
    this.#clock = clock;
  }

  /**
   * @throws TransportError `CREDENTIALS_UNREADABLE`, `CREDENTIALS_FAILED` or `CA_INVALID`.
   *   A failure is not remembered: the next request tries again.
   */
  async current(signal: AbortSignal): Promise<Credentials> {
    this.#pending ??= this.#start();
    return await abortable(this.#pending, signal);
  }

  /** The server rejected the credentials: forgets what client-node has cached of them. */
  renew(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#renewedAtMs < CREDENTIALS_RENEW_MIN_MS) return;
    this.#renewedAtMs = nowMs;
    try {
      this.#config = this.#reload();
    } catch {
      this.#forget(); // The file is being replaced: what was read from it before is still valid.
    }
  }

  #start(): Promise<Credentials> {
    const pending = this.#read().finally(() => {
      if (this.#pending === pending) this.#pending = null;
    });
    return pending;
  }

  async #read(): Promise<Credentials> {
    const config = this.#config;
    try {
      const endMs = this.#clock.monotonicMs() + CREDENTIALS_TIMEOUT_MS;
      const options: RequestOptions = {};
      await withDeadline(this.#clock, endMs, new AbortController().signal, (signal) =>
        abortable(config.applyToHTTPSOptions(options), signal),
      );
      checkCa(options.ca);
      return { headers: headersOf(config, options), tls: tlsOf(config, options) };
    } catch (error) {
      this.#forget();
      throw error instanceof TransportError ? error : failure(error);
    }
  }

  /** The caches are in the authenticators, and a new KubeConfig has new ones. */
  #forget(): void {
    const { clusters, users, contexts, currentContext } = this.#config;
    this.#config = new KubeConfig();
    this.#config.loadFromOptions({ clusters, users, contexts, currentContext });
  }
}

/** Never includes the cause's message: an exec plugin's contains everything that it printed. */
function failure(error: unknown): TransportError {
  if (error instanceof DeadlineExceeded) {
    return new TransportError(
      'CREDENTIALS_FAILED',
      `no credentials within ${CREDENTIALS_TIMEOUT_MS / 1000} s: check the exec plugin or the provider`,
    );
  }
  const code = errorCode(error);
  const path = error instanceof Error ? Reflect.get(error, 'path') : undefined;
  const syscall = error instanceof Error ? Reflect.get(error, 'syscall') : undefined;
  if (typeof path === 'string' && !String(syscall).startsWith('spawn')) {
    return new TransportError('CREDENTIALS_UNREADABLE', `cannot read ${path} (${code})`);
  }
  return new TransportError(
    'CREDENTIALS_FAILED',
    `the kubeconfig's exec plugin or auth provider gave no credentials (${code}): run it by hand`,
  );
}

/**
 * TLS accepts a CA file without a certificate, such as one that is being written, and then trusts no
 * server: every request would fail as if the server were an impostor.
 */
function checkCa(ca: RequestOptions['ca']): void {
  if (ca === undefined) return;
  try {
    new X509Certificate(String(ca));
  } catch {
    throw new TransportError('CA_INVALID', 'the CA of the cluster holds no certificate');
  }
}

function headersOf(config: KubeConfig, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name.toLowerCase()] = String(value).trim();
  }
  if (typeof options.auth === 'string') {
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const authorization = headers['authorization'];
  if (authorization === undefined || authorization === 'Bearer') {
    const tokenFile = config.getCurrentUser()?.authProvider?.config?.tokenFile;
    if (typeof tokenFile === 'string') {
      throw new TransportError('CREDENTIALS_UNREADABLE', `${tokenFile} is empty`);
    }
  } else if (/[^\t\x20-\x7e]/.test(authorization)) {
    throw new TransportError(
      'CREDENTIALS_UNREADABLE',
      'the token has characters that are not allowed in a token',
    );
  }
  return headers;
}

function tlsOf(config: KubeConfig, options: RequestOptions): TlsIdentity {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
  const entries = Object.entries({ ca, cert, key, passphrase, servername, rejectUnauthorized });
  const set = entries.filter(([, value]) => value !== undefined);
  const hash = createHash('sha256');
  for (const part of [...set.flat(), config.getCurrentCluster()?.proxyUrl]) {
    hash.update(`${String(part)}\0`);
  }
  const named = addressAsName(servername);
  return { fingerprint: hash.digest('base64'), options: { ...Object.fromEntries(set), ...named } };
}

/** Node rejects an address as `tls-server-name`. Like kubectl: only the certificate must have it. */
function addressAsName(servername: string | undefined): ConnectionOptions {
  if (servername === undefined || isIP(servername) === 0) return {};
  return {
    servername: '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(servername, certificate),
  };
}
