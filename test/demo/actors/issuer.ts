/**
 * An issuer: signs JWTs with the key of the mounted signer Secret. Before each signature it looks
 * whether the mount was swapped, so it is never later than the mount itself. A thief has read the
 * same mount once, and signs with what it got.
 */
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { importPKCS8, SignJWT } from 'jose';
import { receiveStart, tellDemo } from '../actor.ts';
import type { FromIssuer, IssuerStart, Issuing } from '../record/messages.ts';

interface Signer {
  /** The state of the mount that it was read from. */
  readonly state: string;
  readonly kid: string;
  readonly alg: string;
  readonly key: CryptoKey;
}

const start = await receiveStart<IssuerStart>();
let issuing = true;
process.on('message', (message: Issuing) => {
  issuing = message.on;
});

let signer: Signer | null = null;
for (let turn = 0, firstMs = Date.now(); ; turn++) {
  // In the moment of a swap the old state may be gone half-way; the signer that is held is good.
  signer = await refresh(signer).catch(() => signer);
  if (signer !== null && issuing) tellDemo(await issue(signer, turn));
  const nextMs = firstMs + ((turn + 1) * 1000) / start.tokensPerSecond;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - Date.now())));
  // After a pause of the machine nothing is caught up.
  if (Date.now() - nextMs > 1000) firstMs += Date.now() - nextMs;
}

/** All files come from one state, so a kid never meets the key of another. */
async function refresh(held: Signer | null): Promise<Signer | null> {
  if (held !== null && start.keepsKey) return held;
  const state = await readlink(join(start.folder, '..data'));
  if (state === held?.state) return held;
  const read = (name: string) => readFile(join(start.folder, state, name), 'utf8');
  const [kid, alg, pem] = await Promise.all([read('kid'), read('alg'), read('private.pem')]);
  // Empty values say that nobody may sign.
  if (kid === '') return null;
  return { state, kid, alg, key: await importPKCS8(pem, alg) };
}

async function issue({ kid, alg, key }: Signer, serial: number): Promise<FromIssuer> {
  const issuedAtS = Math.floor((Date.now() + start.clockAheadMs) / 1000);
  const expiresAtS = issuedAtS + start.tokenTtlMs / 1000;
  const token = await new SignJWT({ sub: `customer-${serial % 100}` })
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .setIssuer('demo')
    .setIssuedAt(issuedAtS)
    .setExpirationTime(expiresAtS)
    .setJti(String(serial))
    .sign(key);
  return { kind: 'token', token, kid, issuedAtS, expiresAtS };
}
