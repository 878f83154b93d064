/** A verifier that verifies every living token of an issuer again and again. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { byFolder, type KeySource, LIBRARIES, type Library, type Verify } from './key-libraries.ts';
import { isWithoutAnswer } from './no-answer.ts';
import {
  type Judgement,
  POD_PORT,
  type Rejection,
  type Seen,
  type VerifierReport,
} from './reports.ts';
import { serveJson } from './serve-json.ts';

const TURN_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
const REJECTIONS_MAX = 20;

interface Token {
  readonly text: string;
  readonly kid: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
}

interface Options extends KeySource {
  readonly issuer: string;
  /** Of an URL; a folder is read by the tests' own lines. */
  readonly library: Library;
}

export async function runVerifier(): Promise<void> {
  const options = readOptions();
  const seen: Seen[] = [];
  const verify = options.jwks.startsWith('/')
    ? await byFolder(options, (kids) => seen.push({ kids, atMs: Date.now() }))
    : LIBRARIES[options.library](options);
  const verifier = new Verifier(options.issuer, verify);
  await serveJson(POD_PORT, {
    '/report': () => verifier.report(seen),
    '/judge': (query) => judge(query.get('token') ?? '', verify),
  });
  for (;;) {
    await verifier.turn();
    await pause(TURN_MS);
  }
}

function readOptions(): Options {
  const text = { type: 'string' } as const;
  const library = { ...text, default: 'jose' };
  const options = {
    issuer: text,
    jwks: text,
    library,
    'cache-ms': { ...text, default: '0' },
  } as const;
  const { values } = parseArgs({ args: process.argv.slice(3), options });
  const { issuer, jwks } = values;
  if (issuer === undefined || jwks === undefined) throw new Error('--issuer and --jwks are needed');
  if (!isLibrary(values.library)) throw new Error(`there is no library ${values.library}`);
  return { issuer, jwks, library: values.library, cacheMs: Number(values['cache-ms']) };
}

function isLibrary(name: string): name is Library {
  return Object.hasOwn(LIBRARIES, name);
}

/** Of a token that someone shows it; it counts for nothing. */
async function judge(token: string, verify: Verify): Promise<Judgement> {
  try {
    await verify(token);
    return { verdict: 'accepted' };
  } catch (error) {
    return { verdict: isWithoutAnswer(error) ? null : 'refused', error: String(error) };
  }
}

class Verifier {
  readonly #issuer: string;
  readonly #verifyToken: Verify;
  readonly #living: Token[] = [];
  readonly #kids = new Set<string>();
  readonly #failures = new Set<string>();
  readonly #rejectedKids = new Set<string>();
  readonly #rejections: Rejection[] = [];
  #next = 0;
  #tokens = 0;
  #verified = 0;
  #rejected = 0;
  #unanswered = 0;

  constructor(issuer: string, verify: Verify) {
    this.#issuer = issuer;
    this.#verifyToken = verify;
  }

  async turn(): Promise<void> {
    await this.#fetchTokens().catch((error: unknown) => this.#failures.add(String(error)));
    while ((this.#living[0]?.expiresMs ?? Infinity) <= Date.now()) this.#living.shift();
    for (const token of this.#living) await this.#verify(token);
  }

  report(jwks: readonly Seen[]): VerifierReport {
    return {
      tokens: this.#tokens,
      verified: this.#verified,
      rejected: this.#rejected,
      unanswered: this.#unanswered,
      rejectedKids: [...this.#rejectedKids],
      rejections: this.#rejections,
      kids: [...this.#kids],
      jwks,
      failures: [...this.#failures],
    };
  }

  async #fetchTokens(): Promise<void> {
    const answer = await fetch(`${this.#issuer}/tokens?from=${this.#next}`, {
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    const { next, tokens } = (await answer.json()) as { next: number; tokens: string[] };
    this.#next = next;
    this.#tokens += tokens.length;
    this.#living.push(...tokens.map(read));
  }

  async #verify(token: Token): Promise<void> {
    if (token.expiresMs <= Date.now()) return;
    try {
      await this.#verifyToken(token.text);
      this.#verified += 1;
      this.#kids.add(token.kid);
    } catch (error) {
      // It has expired meanwhile: the keys may have had to be fetched first.
      if (Date.now() >= token.expiresMs) return;
      if (isWithoutAnswer(error)) this.#fail(error);
      else this.#reject(token, String(error));
    }
  }

  #fail(error: unknown): void {
    this.#unanswered += 1;
    this.#failures.add(String(error));
  }

  #reject(token: Token, error: string): void {
    this.#rejected += 1;
    this.#rejectedKids.add(token.kid);
    const atMs = Date.now();
    const rejection = { kid: token.kid, ageMs: atMs - token.issuedMs, error, atMs };
    if (this.#rejections.length >= REJECTIONS_MAX) return;
    this.#rejections.push(rejection);
    process.stdout.write(`${JSON.stringify(rejection)}\n`);
  }
}

function read(text: string): Token {
  const { kid = '' } = decodeProtectedHeader(text);
  const { iat = 0, exp = 0 } = decodeJwt(text);
  return { text, kid, issuedMs: iat * 1000, expiresMs: exp * 1000 };
}
