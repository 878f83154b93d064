/** Certificates of a CA of the test's own, made without openssl. */
import forge from 'node-forge';

export interface Credentials {
  /** In PEM: the certificate, then those of its issuers but the root. */
  readonly certificate: string;
  /** In PEM, PKCS#1. */
  readonly key: string;
}

export interface ForgedCa extends Credentials {
  /** Signs a certificate for 127.0.0.1 and `metrics.test`. */
  issue(wanted?: Wanted): Credentials;
  /** An intermediate CA. */
  issueCa(): ForgedCa;
}

export interface Wanted {
  readonly usage?: 'serverAuth' | 'clientAuth';
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly bits?: number;
}

const KEY_BITS = 2048;

export function makeCa(commonName = 'test CA'): ForgedCa {
  const keys = forge.pki.rsa.generateKeyPair(KEY_BITS);
  const certificate = newCertificate(keys.publicKey, commonName);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions(CA_EXTENSIONS);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  return caOf(certificate, keys, []);
}

const CA_EXTENSIONS = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
];

function caOf(
  own: forge.pki.Certificate,
  keys: forge.pki.rsa.KeyPair,
  chain: readonly string[],
): ForgedCa {
  const sign = (certificate: forge.pki.Certificate, extensions: object[]) => {
    certificate.setIssuer(own.subject.attributes);
    certificate.setExtensions(extensions);
    certificate.sign(keys.privateKey, forge.md.sha256.create());
    return certificate;
  };
  return {
    certificate: forge.pki.certificateToPem(own),
    key: forge.pki.privateKeyToPem(keys.privateKey),
    issue(wanted = {}) {
      const { usage = 'serverAuth', bits = KEY_BITS } = wanted;
      const leafKeys = forge.pki.rsa.generateKeyPair(bits);
      const leaf = sign(newCertificate(leafKeys.publicKey, usage, wanted), [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', [usage]: true },
        { name: 'subjectAltName', altNames: [ip('127.0.0.1'), dns('metrics.test')] },
      ]);
      return {
        certificate: [forge.pki.certificateToPem(leaf), ...chain].join(''),
        key: forge.pki.privateKeyToPem(leafKeys.privateKey),
      };
    },
    issueCa() {
      const lowerKeys = forge.pki.rsa.generateKeyPair(KEY_BITS);
      const lower = sign(newCertificate(lowerKeys.publicKey, 'intermediate'), CA_EXTENSIONS);
      return caOf(lower, lowerKeys, [forge.pki.certificateToPem(lower), ...chain]);
    },
  };
}

const ip = (address: string) => ({ type: 7, ip: address });
const dns = (value: string) => ({ type: 2, value });

function newCertificate(
  publicKey: forge.pki.rsa.PublicKey,
  commonName: string,
  { notBefore = '2020-01-01', notAfter = '2049-12-31' }: Wanted = {},
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // Positive, and unlike every other one.
  certificate.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(8))}`;
  certificate.validity.notBefore = new Date(notBefore);
  certificate.validity.notAfter = new Date(notAfter);
  certificate.setSubject([{ name: 'commonName', value: commonName }]);
  return certificate;
}
