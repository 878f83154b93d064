import { createHash, X509Certificate } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, getCACertificates } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { abortable, DeadlineExceeded, withDeadline } from '../deadline.ts';
import { errorCode } from '../error-code.ts';
import type { LoadedConfig } from '../kubeconfig/config.ts';
import type { ExecPlugin } from '../kubeconfig/exec-plugin.ts';
import type { Headers } from '../kubeconfig/impersonation.ts';
import { TransportError } from './transport.ts';

/** An exec plugin or OIDC provider that takes longer has failed. */
export const CREDENTIALS_TIMEOUT_MS = 30_000;
/** Credentials are read again after a 401, but not more often: an exec plugin may be slow. */
export const CREDENTIALS_RENEW_MIN_MS = 5000;

/** What authenticates one request. */
export interface Credentials {
  /** Lower-case names: `authorization`, `impersonate-user`. */
  readonly headers: Headers;
  readonly tls: TlsIdentity;
}

export interface TlsIdentity {
  /** Equal for equal identities, whose requests may share connections. */
  readonly fingerprint: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What credentials are made of. */
type Loaded = Pick<LoadedConfig, 'config' | 'plugin' | 'impersonation' | 'server'>;

/**
 * Gets the credentials of each request from client-node, which reads the CA file every time and the
 * token file once a minute. Concurrent requests share one call, so that fifty of them don't start fifty
 * exec plugins.
 */
export class CredentialSource {
  readonly #clock: Clock;
  readonly #reload: () => Loaded;
  #loaded: Loaded;
  #pending: Promise<Credentials> | null = null;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  /** @param reload reads the configuration again from its source; may throw */
  constructor(loaded: Loaded, reload: () => Loaded, clock: Clock) {
    this.#loaded = loaded;
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
      this.#loaded = this.#reload();
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
    const { config, plugin, impersonation, server } = this.#loaded;
    try {
      const endMs = this.#clock.monotonicMs() + CREDENTIALS_TIMEOUT_MS;
      const options: RequestOptions = {};
      await withDeadline(this.#clock, endMs, new AbortController().signal, (signal) =>
        abortable(config.applyToHTTPSOptions(options), signal),
      );
      checkCa(options.ca);
      if (server.protocol === 'https:' && options.rejectUnauthorized !== false) {
        options.ca ??= trustedByDefault();
      }
      if (plugin !== null) checkPluginAnswer(plugin, options);
      const headers = { ...headersOf(config, options), ...impersonation };
      return { headers, tls: tlsOf(options) };
    } catch (error) {
      this.#forget();
      throw error instanceof TransportError ? error : failure(error, plugin);
    }
  }

  /** The caches are in the authenticators, and a new KubeConfig has new ones. */
  #forget(): void {
    const { clusters, users, contexts, currentContext } = this.#loaded.config;
    const config = new KubeConfig();
    config.loadFromOptions({ clusters, users, contexts, currentContext });
    this.#loaded = { ...this.#loaded, config };
  }
}

/** Never includes the cause's message: an exec plugin's contains everything that it printed. */
function failure(error: unknown, plugin: ExecPlugin | null): TransportError {
  if (error instanceof DeadlineExceeded) {
    return new TransportError(
      'CREDENTIALS_FAILED',
      `${pluginText(plugin)} gave no credentials within ${CREDENTIALS_TIMEOUT_MS / 1000} s: run it by hand`,
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
    `${pluginText(plugin)} gave no credentials (${code}): run it by hand`,
  );
}

/** Never its arguments or environment, which may hold a password. */
function pluginText(plugin: ExecPlugin | null): string {
  if (plugin === null) return 'the kubeconfig';
  return `the kubeconfig's exec.command ${plugin.command}, started in ${process.cwd()},`;
}

/** client-node would send requests without credentials: as somebody else than meant. */
function checkPluginAnswer(plugin: ExecPlugin, { headers, cert, key }: RequestOptions): void {
  const hasToken = Object.keys(headers ?? {}).some((name) => /^authorization$/i.test(name));
  if ((cert === undefined) === (key === undefined) && (hasToken || cert !== undefined)) return;
  throw new TransportError(
    'CREDENTIALS_FAILED',
    `${pluginText(plugin)} answered neither a token nor a certificate with its key: run it by hand`,
  );
}

/**
 * Like kubectl: without a CA in the kubeconfig, what this machine trusts counts (and SSL_CERT_FILE and
 * SSL_CERT_DIR). Node alone would trust its own list only, which knows no CA of a company.
 */
function trustedByDefault(): string[] {
  return [...getCACertificates('default'), ...getCACertificates('system')];
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

function tlsOf(options: RequestOptions): TlsIdentity {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
  const entries = Object.entries({ ca, cert, key, passphrase, servername, rejectUnauthorized });
  const set = entries.filter(([, value]) => value !== undefined);
  const hash = createHash('sha256');
  for (const part of set.flat()) hash.update(`${String(part)}\0`);
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
