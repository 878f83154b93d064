import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  type JWK,
  jwtVerify,
} from 'jose';
import { describe, expect, test } from 'vitest';
import { ProjectedVolume } from '../support/files/projected-volume.ts';
import { ROOT, readProjectFile } from './source-tree.ts';

interface SignerKey {
  readonly jwk: JWK;
  readonly kid: string;
  readonly files: Readonly<Record<string, string>>;
}

async function makeKey(alg: string): Promise<SignerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const bare = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(bare);
  const files = { kid, alg, 'private.pem': await exportPKCS8(privateKey), 'private.jwk': '{}' };
  return { jwk: { ...bare, kid, alg, use: 'sig' }, kid, files };
}

/** Swaps under its hands. An issuer that reads across two versions is caught by luck only. */
const SWAPS = 100;

const EMPTY = { kid: '', alg: '', 'private.pem': '', 'private.jwk': '' };

/** Signs for each line that it reads; reports the error if it can't. */
const DRIVER = `
import { createInterface } from 'node:readline';
import { sign } from './issuer.mjs';
for await (const _ of createInterface({ input: process.stdin })) {
  console.log('= ' + (await sign({ sub: 'someone' }).catch((error) => error.message)));
}
process.exit();
`;

/** The page's block in a process of its own, as a reader would run it. */
function startIssuer(parent: string, volume: ProjectedVolume, program: string) {
  symlinkSync(join(ROOT, 'node_modules'), join(parent, 'node_modules'));
  writeFileSync(join(parent, 'issuer.mjs'), program);
  writeFileSync(join(parent, 'driver.mjs'), DRIVER);
  const child = spawn(process.execPath, ['driver.mjs'], {
    cwd: parent,
    env: { ...process.env, SIGNER_DIR: volume.folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async sign(): Promise<string> {
      child.stdin.write('\n');
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error('the issuer has ended');
        if (value.startsWith('= ')) return value.slice(2);
      }
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function documentedIssuer(): string {
  const page = readProjectFile('docs/issuers.md') ?? '';
  return /```js\n(\/\/ issuer\.mjs[\s\S]*?)```/.exec(page)?.[1] ?? '';
}

/** Asks again until the answer is right: how soon a reload happens is the reader's choice. */
async function until(issuer: { sign(): Promise<string> }, isRight: (answer: string) => boolean) {
  for (;;) {
    const answer = await issuer.sign();
    if (isRight(answer)) return answer;
  }
}

function kidOf(token: string): string | null {
  const [head = ''] = token.split('.');
  try {
    return (JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }).kid;
  } catch {
    return null;
  }
}

describe('the issuer of docs/issuers.md', () => {
  test('signs with kid and key of one version through swaps, and not at all while empty', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'issuer-example-'));
    const volume = new ProjectedVolume(join(parent, 'volume'));
    const [first, second] = await Promise.all([makeKey('RS256'), makeKey('ES256')]);
    const keys = createLocalJWKSet({ keys: [first.jwk, second.jwk] });
    await volume.project(first.files);
    const issuer = startIssuer(parent, volume, documentedIssuer());
    try {
      const token = await issuer.sign();
      expect(kidOf(token)).toBe(first.kid);
      const { payload } = await jwtVerify(token, keys);
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(15 * 60);

      // A kid with the other's key would be refused here.
      for (let swap = 0; swap < SWAPS; swap++) {
        await volume.project((swap % 2 === 0 ? second : first).files);
        if (swap % 4 === 0) await jwtVerify(await issuer.sign(), keys);
      }
      await volume.project(second.files);
      await until(issuer, (answer) => kidOf(answer) === second.kid);
      await volume.project(EMPTY);
      expect(await until(issuer, (answer) => kidOf(answer) === null)).toBe(
        'no signing key at present',
      );
      await volume.project(first.files);
      await until(issuer, (answer) => kidOf(answer) === first.kid);
    } finally {
      issuer.stop();
      rmSync(parent, { recursive: true, force: true });
    }
  });
});
