/** Certificates and their private key in PEM, as a Secret of the type kubernetes.io/tls holds them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { errorCode } from '../error-code.ts';

/** What a server shows to its clients, and proves to have. */
export interface ServerCertificate {
  /** The server's first, then those of its issuers. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly notAfterMs: number;
  /** SHA-256 over the first certificate, as OpenSSL writes it. */
  readonly fingerprint: string;
}

/** What is wrong and what to do, in one clause. It contains nothing of a file. */
export interface CertificateProblem {
  readonly problem: string;
}

export const CERTIFICATE_FILE = 'tls.crt';
export const KEY_FILE = 'tls.key';
/** Of a file. A bundle of all public authorities takes some 220 KiB. */
export const PEM_FILE_BYTES_MAX = 512 * 1024;

const BEGIN = '-----BEGIN CERTIFICATE-----';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Judges what a server would show. Whether it has expired is for the caller, who has a clock. */
export function judgeServerCertificate(
  cert: Buffer,
  key: Buffer,
): ServerCertificate | CertificateProblem {
  const chain = certificatesIn(cert);
  const [first] = chain ?? [];
  if (first === undefined) {
    const order = "write the server's certificate in PEM, and those of its issuers after it";
    return { problem: `'${CERTIFICATE_FILE}' ${chain === null ? BROKEN : NONE}: ${order}` };
  }
  const privateKey = privateKeyIn(key);
  if (privateKey === null) {
    return { problem: `'${KEY_FILE}' is not a private key in PEM, without a password: write one` };
  }
  if (!first.checkPrivateKey(privateKey)) {
    const both = 'write both from one Secret, and the server’s own certificate first';
    return {
      problem: `'${KEY_FILE}' is not the key of the first certificate in '${CERTIFICATE_FILE}': ${both}`,
    };
  }
  const refusal = servesTls13(privateKey) ? refusalOfTls(cert, key) : 'no such key in TLS 1.3';
  if (refusal !== null) {
    const advice = 'make a key of RSA with 2048 bits or of P-256, and a signature with SHA-256';
    return { problem: `TLS does not take the certificate (${refusal}): ${advice}` };
  }
  return {
    ...{ cert, key, notAfterMs: first.validToDate.getTime() },
    fingerprint: first.fingerprint256,
  };
}

/**
 * Judges the certificates of authorities.
 * @returns each in PEM, at least one: with an empty list TLS would trust all public authorities
 */
export function judgeAuthorities(pem: Buffer): readonly string[] | CertificateProblem {
  const all = certificatesIn(pem);
  if (all === null || all.length === 0) {
    return { problem: `it ${all === null ? BROKEN : NONE}: write the CA's certificates in PEM` };
  }
  // Node trusts an intermediate only by way of a root that it knows.
  const orphan = all.find((one) => !all.some((issuer) => one.checkIssued(issuer)));
  if (orphan !== undefined) {
    const advice = "write the issuer's certificate beside it, up to a self-signed one";
    return {
      problem: `the issuer of the certificate ${orphan.fingerprint256} is not in it: ${advice}`,
    };
  }
  return all.map(String);
}

const NONE = 'holds no certificate in PEM';
const BROKEN = 'holds a certificate that does not parse';

/** Null: one of them does not parse. */
function certificatesIn(pem: Buffer): readonly X509Certificate[] | null {
  const text = pem.toString('latin1');
  const blocks = text.match(CERTIFICATE) ?? [];
  // One that was cut off.
  if (text.split(BEGIN).length - 1 !== blocks.length) return null;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

/** PKCS#8, PKCS#1 and SEC 1 (RFC 5915), as certificate tools write them. Null: it is none. */
function privateKeyIn(pem: Buffer): KeyObject | null {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    // OpenSSL's own message adds nothing that may be shown.
    return null;
  }
}

const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** RFC 8446 section 4.2.3, as far as OpenSSL has it by itself: no client could shake hands with another key. */
export function servesTls13({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'ec') return CURVES.includes(asymmetricKeyDetails?.namedCurve);
  return ['rsa', 'rsa-pss', 'ed25519'].includes(asymmetricKeyType ?? '');
}

/** The code of the error with which TLS refuses what has parsed, such as a key that is too short. */
function refusalOfTls(cert: Buffer, key: Buffer): string | null {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    return errorCode(error);
  }
}
