/** Issuers that sign without a pause: with the documented loop, or with what they started with. */
import { decodeJwt, decodeProtectedHeader, importPKCS8, SignJWT } from 'jose';
import {
  type IssuerReport,
  LIFETIME_VARIABLE,
  POD_PORT,
  type Seen,
  SIGNER_VARIABLES,
  type TokenPage,
} from './reports.ts';
import { serveJson } from './serve-json.ts';

/** The README's block: see `test/e2e/images/pods-image.ts`. */
const README_ISSUER = '/app/issuer.mjs';
/** How many tokens live at a time: as many verifications in each turn of a verifier. */
const LIVING = 60;
const lifetimeSeconds = Number(process.env[LIFETIME_VARIABLE]);

interface Issued {
  readonly number: number;
  readonly text: string;
  readonly expiresMs: number;
}

type Sign = (claims: Readonly<Record<string, unknown>>) => Promise<string>;

export async function runIssuer(): Promise<void> {
  const { sign } = (await import(README_ISSUER)) as { sign: Sign };
  await issueWith(sign);
}

/** As many programs do: what is in the environment never changes. */
export async function runIssuerOnce(): Promise<void> {
  const value = (name: keyof typeof SIGNER_VARIABLES) => {
    return process.env[SIGNER_VARIABLES[name]] ?? '';
  };
  const header = { kid: value('kid'), alg: value('alg'), typ: 'JWT' };
  const key = await importPKCS8(value('private.pem'), header.alg);
  await issueWith((claims) =>
    new SignJWT(claims)
      .setProtectedHeader(header)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(key),
  );
}

async function issueWith(sign: Sign): Promise<void> {
  let signed = 0;
  const living: Issued[] = [];
  const signers: Seen[] = [];
  const failures = new Set<string>();
  const issue = async () => {
    try {
      const text = await sign({ sub: 'someone' });
      const { kid = '' } = decodeProtectedHeader(text);
      if (signers.at(-1)?.kids[0] !== kid) signers.push({ kids: [kid], atMs: Date.now() });
      const expiresMs = (decodeJwt(text).exp ?? 0) * 1000;
      living.push({ number: signed++, text, expiresMs });
    } catch (error) {
      failures.add(String(error));
    }
    while ((living[0]?.expiresMs ?? Infinity) < Date.now()) living.shift();
  };
  setInterval(() => void issue(), (lifetimeSeconds * 1000) / LIVING);
  const tokens = (query: URLSearchParams): TokenPage => {
    const from = Number(query.get('from') ?? 0);
    const page = living.filter(({ number }) => number >= from);
    return { next: signed, tokens: page.map(({ text }) => text) };
  };
  const report = (): IssuerReport => ({ signed, signers, failures: [...failures] });
  await serveJson(POD_PORT, { '/tokens': tokens, '/report': report });
}
