/**
 * A rotation by the real operator, whose clock the test moves, with everything as late as the terms allow: the
 * server shows each JWKS only after P, and one of two issuers takes each key only after Ps.
 */
import { generateKeyPairSync } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { REQUEST } from '../../src/core/formats/names.ts';
import type { KeyMaker } from '../../src/platform/keys/key-maker.ts';
import { publicJwkOf } from '../../src/platform/keys/key-material.ts';
import { judgeJwks, judgeServePolicy } from '../../src/server/documents.ts';
import type { Served } from '../../src/server/source.ts';
import type { JsonObject } from '../fake-api/json/json.ts';
import { NAMESPACE, OperatorWorld } from '../operator/operator-world.ts';
import { JWKS, startPublicPort } from '../server/public-port.ts';
import type { Language } from './documented-program.ts';
import { startVerifiers } from './verifiers.ts';

const MINUTE_MS = 60_000;
/** The defaults of the spec. */
const P_MS = 3 * MINUTE_MS;
const PS_MS = 3 * MINUTE_MS;
const TOKEN_TTL_MS = 15 * MINUTE_MS;

const STEP_MS = 15_000;
/** A new verifier in each step until then: they fetch at different times. */
const VERIFIERS_MAX = 24;
/** P + C + S, Ps + T + L + 3S, and some. */
const COURSE_MS = 45 * MINUTE_MS;

export interface Course {
  /** What verifiers refused, and why. */
  readonly refused: readonly string[];
  /** How often a token was judged, by the kid that signed it. */
  readonly signedBy: Readonly<Record<string, number>>;
  /** At the end, such as `#1 Retired, #2 Active`. */
  readonly keys: string;
}

interface Token {
  readonly text: string;
  readonly kid: string;
  readonly expiresMs: number;
}

/** Rotates a set once. `terms` are added to its spec. */
export async function rotate(language: Language, terms: JsonObject): Promise<Course> {
  const world = new OperatorWorld();
  const operator = world.start({ keys: rsaKeys });
  onTestFinished(async () => void (await operator.stop()));
  const metadata = { annotations: { [REQUEST.rotate]: 'before' } };
  world.apply('payments', { tokenTTL: '15m', ...terms }, metadata);
  await world.clock.advance(1000);
  const first = beforeStandby(jwksOf(world));
  const server = await startPublicPort(served(first));
  const verifiers = startVerifiers(language, `http://127.0.0.1:${server.port}${JWKS}`);
  const lateServer = new Late(P_MS, first);
  const lateIssuer = new Late(PS_MS, signerOf(world));
  world.api.hand.edit('signingkeysets', NAMESPACE, 'payments', (draft) => {
    (draft as { metadata: JsonObject }).metadata['annotations'] = { [REQUEST.rotate]: 'now' };
  });

  const refused: string[] = [];
  const signedBy: Record<string, number> = {};
  let living: readonly Token[] = [];
  for (let step = 1; step * STEP_MS <= COURSE_MS; step += 1) {
    await world.clock.advance(STEP_MS);
    const nowMs = world.clock.wallMs();
    server.serve(served(lateServer.at(nowMs, jwksOf(world))));
    const signer = signerOf(world);
    const issuers = new Set([signer, lateIssuer.at(nowMs, signer)]);
    const fresh = await Promise.all([...issuers].map((each) => sign(each, nowMs)));
    // In its last step a token is judged once more: its key must still be there.
    const ending = living.filter(({ expiresMs }) => expiresMs <= nowMs + STEP_MS);
    living = [...living.filter((token) => !ending.includes(token)), ...fresh];
    const tokens = [...fresh, ...ending.filter(({ expiresMs }) => expiresMs > nowMs)];
    const count = Math.min(step, VERIFIERS_MAX);
    const answers = await verifiers.judge(
      nowMs,
      count,
      tokens.map(({ text }) => text),
    );
    for (const [index, why] of answers.entries()) {
      const kid = tokens[index % tokens.length]?.kid ?? '';
      signedBy[kid] = (signedBy[kid] ?? 0) + 1;
      if (why !== '') refused.push(`${step * STEP_MS} ms, ${kid}: ${why}`);
    }
  }
  return { refused, signedBy, keys: world.keys() };
}

/** What servers and verifiers have when the set's second key is published. */
function beforeStandby(data: string): string {
  const entries = JSON.parse(data) as Readonly<Record<string, string>>;
  const { keys } = JSON.parse(entries['jwks.json'] ?? '');
  return JSON.stringify({ ...entries, 'jwks.json': JSON.stringify({ keys: keys.slice(0, 1) }) });
}

/** Shows each version of something only after a delay, and no later: it is looked at once in a step. */
class Late {
  readonly #delayMs: number;
  readonly #versions: { readonly value: string; readonly atMs: number }[];

  constructor(delayMs: number, first: string) {
    this.#delayMs = delayMs;
    this.#versions = [{ value: first, atMs: Number.NEGATIVE_INFINITY }];
  }

  at(nowMs: number, value: string): string {
    const isNew = value !== this.#versions.at(-1)?.value;
    if (isNew) this.#versions.push({ value, atMs: nowMs - STEP_MS });
    const shown = this.#versions.findLast(({ atMs }) => atMs <= nowMs - this.#delayMs);
    return shown?.value ?? value;
  }
}

/** The data of the JWKS ConfigMap, as one text. */
function jwksOf(world: OperatorWorld): string {
  return JSON.stringify(world.api.hand.get('configmaps', NAMESPACE, 'payments-jwks')?.['data']);
}

function served(data: string): Served {
  const entries = JSON.parse(data) as Readonly<Record<string, string>>;
  const bytesOf = (name: string) => new TextEncoder().encode(entries[name]);
  const jwks = judgeJwks(bytesOf('jwks.json'));
  const policy = judgeServePolicy(bytesOf('serve.json'));
  if ('problem' in jwks) throw new Error(jwks.problem);
  if ('problem' in policy) throw new Error(policy.problem);
  return { jwks, policy, openidConfiguration: null };
}

function signerOf(world: OperatorWorld): string {
  return JSON.stringify(world.secret('payments-signer'));
}

async function sign(signer: string, nowMs: number): Promise<Token> {
  const { kid, alg, 'private.pem': pem } = JSON.parse(signer) as Readonly<Record<string, string>>;
  if (kid === undefined || alg === undefined || pem === undefined) throw new Error('no key');
  const expiresMs = nowMs + TOKEN_TTL_MS;
  const text = await new SignJWT({ sub: 'someone' })
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .setIssuedAt(Math.floor(nowMs / 1000))
    .setExpirationTime(Math.floor(expiresMs / 1000))
    .sign(await importPKCS8(pem, alg));
  return { text, kid, expiresMs };
}

/** Made on the spot: a thread pool would not keep step with the operator's clock. */
const rsaKeys: KeyMaker = {
  async make({ algorithm }) {
    const { privateKey: privatePem } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const publicJwk = publicJwkOf(privatePem, algorithm);
    if ('problem' in publicJwk) throw new Error(publicJwk.problem);
    return { kid: publicJwk.kid, publicJwk, privatePem };
  },
};
