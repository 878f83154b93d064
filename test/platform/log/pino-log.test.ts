import { generateKeyPairSync } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { CompactSign } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createLog,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogOptions,
} from '../../../src/platform/log/pino-log.ts';

async function createCapture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = await createLog({ level: 'debug', format: 'json', destination, ...options });
  return { log, lines };
}

describe('json', () => {
  it('writes one object a line', async () => {
    const { log, lines } = await createCapture();
    log.info({ set: 'auth/payments', generation: 3 }, 'a key is active');
    log.warn({ err: Object.assign(new Error('no answer'), { code: 'ECONNRESET' }) }, 'retrying');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        set: 'auth/payments',
        generation: 3,
        msg: 'a key is active',
      },
      {
        level: 'warn',
        time: expect.any(String),
        err: {
          type: 'Error',
          code: 'ECONNRESET',
          message: 'no answer',
          stack: expect.stringContaining('at '),
        },
        msg: 'retrying',
      },
    ]);
    for (const line of lines) expect(line.indexOf('\n')).toBe(line.length - 1);
  });
});

describe('levels', () => {
  it.each(LOG_LEVELS.map((level, index) => ({ level, index })))(
    '$level',
    async ({ level, index }) => {
      const { log, lines } = await createCapture({ level });
      for (const each of LOG_LEVELS) log[each]({}, each);
      expect(lines.map((line) => JSON.parse(line).msg)).toEqual(LOG_LEVELS.slice(index));
    },
  );
});

describe('pretty', () => {
  it('writes lines for people', async () => {
    const { log, lines } = await createCapture({ format: 'pretty' });
    log.error({ set: 'auth/payments' }, 'a step failed');
    expect(lines.join('')).toMatch(/ERROR.*: a step failed\n\s+set: "auth\/payments"\n/);
  });

  it('gives the time in UTC in every time zone', async () => {
    vi.stubEnv('TZ', 'Asia/Tokyo');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(new Date().getTimezoneOffset()).toBe(-540);
    const { log, lines } = await createCapture({ format: 'pretty' });
    const before = new Date().toISOString();
    log.info({}, 'said');
    const said = /^\[(\d\d:\d\d:\d\d\.\d{3}Z)\]/.exec(stripVTControlCharacters(lines.join('')));
    const after = new Date().toISOString();
    // The line has no date: add that of either moment, in case midnight is between them.
    const times = [before, after].map((at) => `${at.slice(0, 11)}${said?.[1]}`);
    expect(times.some((at) => before <= at && at <= after)).toBe(true);
  });
});

describe.each(LOG_FORMATS)('planted secrets, %s', (format) => {
  it('are never written', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const jwk = privateKey.export({ format: 'jwk' });
    const token = await new CompactSign(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey);
    const cause = Object.assign(new Error(`could not read ${pem}`), { body: pem });
    const err = new Error(`refused ${token}`, { cause });
    const { log, lines } = await createCapture({ format });
    log.error({ err, jwk, [token]: 1, nested: [{ text: JSON.stringify(jwk) }] }, `while ${pem}`);
    log.info({ data: { 'private.pem': Buffer.from(pem).toString('base64') } }, `with ${token}`);
    const all = lines.join('');
    const body = pem.split('\n')[1] ?? '';
    const planted = [body.slice(0, 24), body.slice(-24), String(jwk.d), token.split('.')[2] ?? ''];
    planted.push(Buffer.from(pem).toString('base64').slice(60, 90));
    for (const secret of planted) {
      expect(secret.length).toBeGreaterThan(10);
      expect(all).not.toContain(secret);
    }
    expect(all).toContain(String(jwk.x));
    expect(all.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(7);
  });
});
