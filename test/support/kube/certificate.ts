import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A self-signed certificate for 127.0.0.1 that is its own CA, made without openssl. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** X.509 v3 with an EC P-256 key (RFC 5280), valid from 2020 to 2049. */
export function makeCertificate(commonName = 'test'): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const toBeSigned = tbsCertificate(commonName, publicKey);
  const signature = sign('sha256', toBeSigned, privateKey);
  const der = sequence(toBeSigned, ECDSA_SHA256, bits(signature));
  const base64 = der.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function tbsCertificate(commonName: string, publicKey: KeyObject): Buffer {
  const nameOid = tag(0x06, Buffer.from([0x55, 0x04, 0x03]));
  const name = sequence(tag(0x31, sequence(nameOid, tag(0x0c, Buffer.from(commonName)))));
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  return sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, serial),
    ECDSA_SHA256,
    name,
    sequence(tag(0x17, Buffer.from('200101000000Z')), tag(0x17, Buffer.from('491231000000Z'))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tag(
      0xa3,
      sequence(
        // basicConstraints: a CA; subjectAltName: the address 127.0.0.1.
        extension([0x55, 0x1d, 0x13], sequence(tag(0x01, Buffer.from([0xff])))),
        extension([0x55, 0x1d, 0x11], sequence(tag(0x87, Buffer.from([127, 0, 0, 1])))),
      ),
    ),
  );
}

function extension(oid: readonly number[], value: Buffer): Buffer {
  return sequence(tag(0x06, Buffer.from(oid)), tag(0x04, value));
}

function sequence(...parts: Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts));
}

function bits(value: Buffer): Buffer {
  return tag(0x03, Buffer.concat([Buffer.from([0]), value]));
}

function tag(number: number, value: Buffer): Buffer {
  const length = value.length;
  const header =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([number, ...header]), value]);
}

// 1.2.840.10045.4.3.2
const ECDSA_SHA256 = sequence(
  tag(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])),
);
