import { join } from 'node:path';
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
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { documentedProgram, type Language, languages, startProgram } from './documented-program.ts';

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

/** Each signs for each line that it reads, and reports the error if it can't. */
const DRIVERS: Readonly<Record<Language['name'], string>> = {
  JavaScript: `
import { createInterface } from 'node:readline';
import { sign } from './issuer.mjs';
for await (const _ of createInterface({ input: process.stdin })) {
  console.log('= ' + (await sign({ sub: 'someone' }).catch((error) => error.message)));
}
process.exit();
`,
  Python: `
import sys
import issuer
for _ in sys.stdin:
    try:
        answer = issuer.sign({"sub": "someone"})
    except RuntimeError as error:
        answer = str(error)
    # The thread that reloads may be in the middle of a line.
    sys.stdout.write(f"\\n= {answer}\\n")
    sys.stdout.flush()
`,
};

/** The page's own, but that the one in Python, which only polls, does so all the time. */
function issuerOf(language: Language): string {
  const program = documentedProgram('docs/issuers.md', 'issuer', language);
  if (language.name === 'JavaScript') return program;
  expect(program).toContain('\nPOLL_SECONDS = 5 ');
  return program.replace('\nPOLL_SECONDS = 5 ', '\nPOLL_SECONDS = 0.001 ');
}

/** Asks again until the answer is right: how soon a reload happens is the reader's choice. */
async function until(sign: () => Promise<string>, isRight: (answer: string) => boolean) {
  for (;;) {
    const answer = await sign();
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

describe.each(await languages())('the issuer of docs/issuers.md in $name', (language) => {
  test('signs with kid and key of one version through swaps, and not at all while empty', async () => {
    const volume = new ProjectedVolume(join(temporaryFolder(), 'volume'));
    const [first, second] = await Promise.all([makeKey('RS256'), makeKey('ES256')]);
    const keys = createLocalJWKSet({ keys: [first.jwk, second.jwk] });
    await volume.project(first.files);
    const issuer = startProgram({
      language,
      files: { issuer: issuerOf(language), driver: DRIVERS[language.name] },
      env: { SIGNER_DIR: volume.folder },
    });
    const sign = () => issuer.ask('');
    const token = await sign();
    expect(kidOf(token)).toBe(first.kid);
    const { payload } = await jwtVerify(token, keys);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(15 * 60);

    // A kid with the other's key would be refused here.
    for (let swap = 0; swap < SWAPS; swap++) {
      await volume.project((swap % 2 === 0 ? second : first).files);
      if (swap % 4 === 0) await jwtVerify(await sign(), keys);
    }
    await volume.project(second.files);
    await until(sign, (answer) => kidOf(answer) === second.kid);
    await volume.project(EMPTY);
    expect(await until(sign, (answer) => kidOf(answer) === null)).toBe('no signing key at present');
    await volume.project(first.files);
    await until(sign, (answer) => kidOf(answer) === first.kid);
  });
});
