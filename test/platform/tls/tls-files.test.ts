import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { expect, test } from 'vitest';
import { TlsFiles } from '../../../src/platform/tls/tls-files.ts';
import { ProjectedVolume } from '../../support/files/projected-volume.ts';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';
import { recordLog } from '../../support/kube/log-recorder.ts';
import { type Credentials, makeCa } from '../../support/tls/forged-certificates.ts';

const NOW_MS = Date.parse('2030-06-01T00:00:00Z');
const ca = makeCa();
const otherCa = makeCa();
const first = ca.issue();
const second = ca.issue();
const expired = ca.issue({ notAfter: '2030-05-31T00:00:00Z' });

/** A mounted Secret and a mounted ConfigMap with the CA of clients, and what TLS was told to use. */
function world({ asksForCertificate = false } = {}) {
  const folder = temporaryFolder();
  const secret = new ProjectedVolume(join(folder, 'tls'));
  const authorities = new ProjectedVolume(join(folder, 'ca'));
  const contexts: SecureContextOptions[] = [];
  const log = recordLog();
  let nowMs = NOW_MS;
  const files = new TlsFiles({
    folder: secret.folder,
    clientCaFile: asksForCertificate ? join(authorities.folder, 'ca.crt') : null,
    pollIntervalMs: 10_000,
    log,
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs, sleepUntil: async () => {} },
    onContext: (context) => contexts.push(context),
  });
  return {
    contexts,
    files,
    secret,
    authorities,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** Code or message of each line, the problem as well. */
    said: () =>
      log.lines.map(({ level, fields, message }) => `${level} ${fields['code'] ?? ''} ${message}`),
  };
}

const asSecret = ({ certificate, key }: Credentials) => ({
  'tls.crt': certificate,
  'tls.key': key,
});
const asContext = ({ certificate, key }: Credentials) => ({
  cert: Buffer.from(certificate),
  key: Buffer.from(key),
});

test('a renewed certificate is used from the next read on, and each only once', async () => {
  const { files, secret, contexts, said } = world();
  await secret.project(asSecret(first));
  await files.read();
  await files.read();
  await secret.project(asSecret(second));
  await files.read();
  await files.read();
  expect(contexts).toEqual([asContext(first), asContext(second)]);
  expect(said()).toEqual(Array(2).fill('info  the certificate of the metrics was read'));
});

test('nothing is used before there is something, which is said once', async () => {
  const { files, secret, contexts, said } = world();
  await files.read();
  await files.read();
  await secret.project({});
  await files.read();
  await files.read();
  expect(contexts).toEqual([]);
  expect(said()).toEqual([
    expect.stringMatching(/^warn METRICS_CERTIFICATE_INVALID .*the folder: .*ENOENT.*no metrics/),
    expect.stringMatching(/^warn METRICS_CERTIFICATE_INVALID .*'tls.crt' is not there: mount/),
  ]);
  await secret.project(asSecret(first));
  await files.read();
  expect(contexts).toEqual([asContext(first)]);
});

test.each([
  ['it is gone', {}, "'tls.crt' is not there"],
  ['its key is gone', { 'tls.crt': second.certificate }, "'tls.key' is not there"],
  ['it is no certificate', { ...asSecret(second), 'tls.crt': 'x' }, 'holds no certificate'],
  ['its key is another', { ...asSecret(second), 'tls.key': first.key }, 'is not the key of'],
  ['it is too large', { ...asSecret(second), 'tls.crt': 'x'.repeat(600_000) }, 'is larger than'],
])('if %s, the last good one stays, and one line says so', async (_, next, words) => {
  const { files, secret, contexts, said } = world();
  await secret.project(asSecret(first));
  await files.read();
  await secret.project(next);
  await files.read();
  await files.read();
  expect(contexts).toEqual([asContext(first)]);
  expect(said().slice(1)).toEqual([expect.stringContaining(words)]);
  expect(said()[1]).toMatch(
    /^warn METRICS_CERTIFICATE_INVALID .*; the last good one stays in use$/,
  );
  expect(JSON.stringify(said())).not.toContain('PRIVATE KEY');
  await secret.project(asSecret(second));
  await files.read();
  expect(contexts).toEqual([asContext(first), asContext(second)]);
});

test('an expired certificate never replaces a good one', async () => {
  const { files, secret, contexts, said } = world();
  await secret.project(asSecret(first));
  await files.read();
  await secret.project(asSecret(expired));
  await files.read();
  expect(contexts).toEqual([asContext(first)]);
  expect(said()[1]).toContain('warn METRICS_CERTIFICATE_EXPIRED');
  expect(said()[1]).toContain('expired at 2030-05-31T00:00:00.000Z: renew it');
  expect(said()[1]).toContain('the last good one stays in use');
});

test('if there is no better one it is used: clients decide, and one line says so', async () => {
  const { files, secret, contexts, said } = world();
  await secret.project(asSecret(expired));
  await files.read();
  await files.read();
  expect(contexts).toEqual([asContext(expired)]);
  expect(said().slice(1)).toEqual([expect.stringContaining('clients that check it refuse it')]);
});

test('a certificate that expires while it is in use stays, and one line says so', async () => {
  const { files, secret, contexts, said, pass } = world();
  const short = ca.issue({ notAfter: '2030-06-01T00:01:00Z' });
  await secret.project(asSecret(short));
  await files.read();
  pass(59_999);
  await files.read();
  expect(said()).toHaveLength(1);
  pass(1);
  await files.read();
  await files.read();
  expect(contexts).toHaveLength(1);
  expect(said().slice(1)).toEqual([expect.stringContaining('warn METRICS_CERTIFICATE_EXPIRED')]);
});

test('without the CA of clients nothing is used, and a bad one changes nothing', async () => {
  const { files, secret, authorities, contexts, said } = world({ asksForCertificate: true });
  await secret.project(asSecret(first));
  await files.read();
  await authorities.project({ 'ca.crt': '' });
  await files.read();
  expect(contexts).toEqual([]);
  expect(said().at(-1)).toMatch(/^warn METRICS_CLIENT_CA_INVALID .*; no metrics are served until/);
  await authorities.project({ 'ca.crt': ca.certificate });
  await files.read();
  await authorities.project({ 'ca.crt': otherCa.certificate.slice(0, 200) });
  await files.read();
  expect(said().at(-1)).toMatch(/^warn METRICS_CLIENT_CA_INVALID .*; the last good one stays/);
  await authorities.project({ 'ca.crt': otherCa.certificate });
  await files.read();
  const authoritiesOf = contexts.map((context) => String(context.ca).replaceAll('\r', ''));
  const withoutEnd = [ca, otherCa].map(({ certificate }) => certificate.replaceAll('\r', ''));
  expect(authoritiesOf).toEqual(withoutEnd);
});
