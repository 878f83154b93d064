/** An issuer that signs without a pause, with the README's own loop. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type IssuerReport, POD_PORT, type Seen, type TokenPage } from './reports.ts';
import { serveJson } from './serve-json.ts';

/** The README's block: see `test/e2e/images/pods-image.ts`. */
const README_ISSUER = '/app/issuer.mjs';
const SIGN_EVERY_MS = 250;

interface Issued {
  readonly number: number;
  readonly text: string;
  readonly expiresMs: number;
}

export async function runIssuer(): Promise<void> {
  const { sign } = (await import(README_ISSUER)) as {
    sign(claims: object): Promise<string>;
  };
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
  setInterval(() => void issue(), SIGN_EVERY_MS);
  const tokens = (query: URLSearchParams): TokenPage => {
    const from = Number(query.get('from') ?? 0);
    const page = living.filter(({ number }) => number >= from);
    return { next: signed, tokens: page.map(({ text }) => text) };
  };
  const report = (): IssuerReport => ({ signed, signers, failures: [...failures] });
  await serveJson(POD_PORT, { '/tokens': tokens, '/report': report });
}
