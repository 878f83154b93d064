/** Certificates as people make them by hand: with the command openssl. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from './forged-certificates.ts';

/** Whether the command is there. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export class OpensslCa {
  readonly #folder: string;
  readonly certificate: string;

  /** @param folder for its files */
  constructor(folder: string) {
    this.#folder = folder;
    this.#run('req', '-x509', ...newEcKey('ca.key'), '-days', '2', '-subj', '/CN=ca', '-out', 'ca');
    this.certificate = this.#read('ca');
  }

  /** A certificate for 127.0.0.1 with a key of P-256 in PKCS#8, signed on request. */
  issue(usage: 'serverAuth' | 'clientAuth'): Credentials {
    this.#run('req', ...newEcKey('key'), '-subj', `/CN=${usage}`, '-out', 'request');
    const extensions = `extendedKeyUsage=${usage}\nsubjectAltName=IP:127.0.0.1\n`;
    writeFileSync(join(this.#folder, 'extensions'), extensions);
    const by = ['-CA', 'ca', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions'];
    this.#run('x509', '-req', '-in', 'request', ...by, '-days', '1', '-text', '-out', 'leaf');
    return { certificate: this.#read('leaf'), key: this.#read('key') };
  }

  /** The same key in the form of RFC 5915: `BEGIN EC PRIVATE KEY`. */
  asSec1(key: string): string {
    writeFileSync(join(this.#folder, 'key'), key);
    this.#run('ec', '-in', 'key', '-out', 'sec1');
    return this.#read('sec1');
  }

  #run(...words: readonly string[]): void {
    execFileSync('openssl', words, { cwd: this.#folder, stdio: 'ignore' });
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8');
  }
}

function newEcKey(file: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file];
}
