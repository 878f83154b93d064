/**
 * Keeps what a TLS server uses in step with files: with each renewal of the certificate, and without a
 * restart. If a file turns bad, what was read last stays in use.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import { type FileContent, readSnapshot } from '../files/projected-folder.ts';
import type { Log } from '../log/log.ts';
import {
  CERTIFICATE_FILE,
  type CertificateProblem,
  judgeAuthorities,
  judgeServerCertificate,
  KEY_FILE,
  PEM_FILE_BYTES_MAX,
  type ServerCertificate,
} from './certificates.ts';

export interface TlsFilesOptions {
  /** The folder with `tls.crt` and `tls.key`, which may come later. */
  readonly folder: string;
  /** The file with the authorities of clients. Null: clients are not asked for a certificate. */
  readonly clientCaFile: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** How often the files are read. */
  readonly pollIntervalMs: number;
  /** Called with what TLS is to use from now on; never before all of it was good once. */
  readonly onContext: (context: SecureContextOptions) => void;
}

type ProblemCode =
  | 'METRICS_CERTIFICATE_INVALID'
  | 'METRICS_CERTIFICATE_EXPIRED'
  | 'METRICS_CLIENT_CA_INVALID';

const STAYS = 'the last good one stays in use';
const NOTHING_YET = 'no metrics are served until then';

export class TlsFiles {
  readonly #options: TlsFilesOptions;
  #certificate: ServerCertificate | null = null;
  #authorities: readonly string[] | null = null;
  /** What the last reads found, to notice a change. */
  #certificateSeen: string | null = null;
  #authoritiesSeen: string | null = null;
  #hasNotedExpiry = false;

  constructor(options: TlsFilesOptions) {
    this.#options = options;
  }

  /** Reads the files once. Never rejects because of what it finds. */
  async read(): Promise<void> {
    const hasNewCertificate = await this.#readCertificate();
    const hasNewAuthorities = await this.#readAuthorities();
    if (hasNewCertificate || hasNewAuthorities) this.#offer();
    this.#noteExpiry();
  }

  /** Reads them every poll interval, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollIntervalMs } = this.#options;
    while (!signal.aborted) {
      await clock.sleepUntil(clock.monotonicMs() + pollIntervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.read();
    }
  }

  /** @returns whether there is another one to use */
  async #readCertificate(): Promise<boolean> {
    const { clock, folder, log } = this.#options;
    const contents = await contentsOf(folder, [CERTIFICATE_FILE, KEY_FILE]);
    const seen = digestOf(contents);
    if (seen === this.#certificateSeen) return false;
    this.#certificateSeen = seen;
    const judged = judgeContents(contents, ([cert, key]) => judgeServerCertificate(cert, key));
    if ('problem' in judged) {
      const stays = this.#certificate === null ? NOTHING_YET : STAYS;
      this.#warn('METRICS_CERTIFICATE_INVALID', judged.problem, stays);
      return false;
    }
    const nowMs = clock.wallMs();
    const isExpired = judged.notAfterMs <= nowMs;
    if (isExpired && this.#certificate !== null && this.#certificate.notAfterMs > nowMs) {
      this.#warn('METRICS_CERTIFICATE_EXPIRED', expiredText(judged), STAYS);
      return false;
    }
    this.#certificate = judged;
    this.#hasNotedExpiry = false;
    const { fingerprint, notAfterMs } = judged;
    const notAfter = new Date(notAfterMs).toISOString();
    log.info({ folder, fingerprint, notAfter }, 'the certificate of the metrics was read');
    return true;
  }

  /** @returns whether there are others to use */
  async #readAuthorities(): Promise<boolean> {
    const { clientCaFile: file, log } = this.#options;
    if (file === null) return false;
    const contents = await contentsOf(dirname(file), [basename(file)]);
    const seen = digestOf(contents);
    if (seen === this.#authoritiesSeen) return false;
    this.#authoritiesSeen = seen;
    const judged = judgeContents(contents, ([pem]) => judgeAuthorities(pem));
    if ('problem' in judged) {
      const stays = this.#authorities === null ? NOTHING_YET : STAYS;
      this.#warn('METRICS_CLIENT_CA_INVALID', judged.problem, stays);
      return false;
    }
    this.#authorities = judged;
    log.info({ file, authorities: judged.length }, 'the CA of the metrics’ clients was read');
    return true;
  }

  #offer(): void {
    const { clientCaFile, onContext } = this.#options;
    if (this.#certificate === null) return;
    const { cert, key } = this.#certificate;
    if (clientCaFile === null) onContext({ cert, key });
    // Without any, TLS would trust all public authorities.
    else if (this.#authorities !== null) onContext({ cert, key, ca: [...this.#authorities] });
  }

  /** What is in use can expire with nothing new in the files. */
  #noteExpiry(): void {
    const certificate = this.#certificate;
    if (certificate === null || this.#hasNotedExpiry) return;
    if (certificate.notAfterMs > this.#options.clock.wallMs()) return;
    this.#hasNotedExpiry = true;
    const refused = 'it stays in use, and clients that check it refuse it';
    this.#warn('METRICS_CERTIFICATE_EXPIRED', expiredText(certificate), refused);
  }

  #warn(code: ProblemCode, problem: string, consequence: string): void {
    const { clientCaFile, folder, log } = this.#options;
    const where = code === 'METRICS_CLIENT_CA_INVALID' ? { file: clientCaFile } : { folder };
    log.warn({ code, ...where }, `the TLS of the metrics: ${problem}; ${consequence}`);
  }
}

function expiredText({ notAfterMs }: ServerCertificate): string {
  const at = new Date(notAfterMs).toISOString();
  return `the certificate in '${CERTIFICATE_FILE}' expired at ${at}: renew it, or find out why its issuer did not`;
}

type Contents = readonly (readonly [name: string, content: FileContent])[] | CertificateProblem;

/** The files of a folder, in the order of their names, all of one state. */
async function contentsOf(folder: string, names: readonly string[]): Promise<Contents> {
  const bounds = Object.fromEntries(names.map((name) => [name, PEM_FILE_BYTES_MAX]));
  const snapshot = await readSnapshot(folder, bounds);
  if ('problem' in snapshot) return { problem: `the folder: ${snapshot.problem}` };
  return names.map((name) => [name, snapshot.get(name) ?? null]);
}

function judgeContents<T extends object>(
  contents: Contents,
  judge: (files: [Buffer, Buffer]) => T | CertificateProblem,
): T | CertificateProblem {
  if ('problem' in contents) return contents;
  const files: Buffer[] = [];
  for (const [name, content] of contents) {
    if (content === null) return { problem: `'${name}' is not there: mount or write it` };
    if (!(content instanceof Uint8Array)) return { problem: `'${name}': ${content.problem}` };
    files.push(Buffer.from(content));
  }
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = files;
  return judge([first, second]);
}

/** Not the bytes: a key is not kept twice. */
function digestOf(contents: Contents): string {
  const hash = createHash('sha256');
  if ('problem' in contents) return hash.update(contents.problem).digest('hex');
  for (const [name, content] of contents) {
    const isRead = content instanceof Uint8Array;
    hash.update(`${name} ${isRead ? content.length : JSON.stringify(content)}\n`);
    if (isRead) hash.update(content);
  }
  return hash.digest('hex');
}
