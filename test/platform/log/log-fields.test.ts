import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { safeFields, safeText } from '../../../src/platform/log/log-fields.ts';

const SECRET = 'planted-secret';

describe('errors', () => {
  it('keep name, code, message and frames, at any depth, and nothing else', () => {
    const inner = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED', body: SECRET });
    const outer = Object.assign(new Error('no answer', { cause: inner }), {
      headers: { authorization: SECRET },
      response: { body: SECRET },
      code: 503,
    });
    const written = safeFields({ nested: { err: outer } });
    expect(written).toEqual({
      nested: {
        err: {
          type: 'Error',
          code: 503,
          message: 'no answer',
          stack: expect.stringMatching(/^\s+at /),
          cause: {
            type: 'TypeError',
            code: 'ECONNREFUSED',
            message: 'refused',
            stack: expect.stringMatching(/^\s+at /),
          },
        },
      },
    });
    expect(JSON.stringify(written)).not.toContain(SECRET);
  });

  it("lose the body that the client's errors carry in their message and stack", () => {
    const message = `HTTP-Code: 404\nMessage: Unknown\nBody: {"data":"${SECRET}"}\nHeaders: {}`;
    const written = safeFields({ err: new Error(message) });
    expect(written).toMatchObject({ err: { message: 'HTTP-Code: 404\nMessage: Unknown' } });
    expect(JSON.stringify(written)).not.toContain(SECRET);
  });

  it('of several are all kept, but no cause or part that is not an error', () => {
    const several = new AggregateError([new Error('one'), SECRET], 'all failed', {
      cause: { body: SECRET },
    });
    const written = safeFields({ err: several });
    expect(written).toMatchObject({
      err: { type: 'AggregateError', errors: [{ message: 'one' }] },
    });
    expect(JSON.stringify(written)).not.toContain(SECRET);
  });
});

describe('values', () => {
  const circular: Record<string, unknown> = { name: 'a' };
  circular['self'] = circular;
  let deep: Record<string, unknown> = { end: SECRET };
  for (let count = 0; count < 10; count++) deep = { deep };
  const throwing = Object.defineProperty({}, 'a', {
    enumerable: true,
    get() {
      throw new Error(SECRET);
    },
  });

  it.each([
    ['plain ones', { a: 1, b: true, c: null, d: 'x' }, { a: 1, b: true, c: null, d: 'x' }],
    [
      'private members',
      { jwk: { kty: 'EC', d: SECRET.padEnd(43, '-') } },
      { jwk: { kty: 'EC', d: '[redacted]' } },
    ],
    ['bytes', { bytes: Buffer.from(SECRET) }, { bytes: '[Buffer]' }],
    [
      'keys',
      { key: createSecretKey(Buffer.from(SECRET)) },
      { key: expect.stringMatching(/^\[\w+\]$/) },
    ],
    ['maps', { map: new Map([[SECRET, SECRET]]) }, { map: '[Map]' }],
    ['instants', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['big numbers', { n: 10n }, { n: '10' }],
    ['functions', { f: () => SECRET }, { f: '[function]' }],
    ['circles', { circular }, { circular: { name: 'a', self: '[circular]' } }],
    ['throwing getters', { throwing }, { throwing: '[unreadable]' }],
    [
      'what says how it is written',
      { o: { toJSON: () => SECRET } },
      { o: { toJSON: '[function]' } },
    ],
  ])('writes %s', (_name, fields, written) => {
    expect(safeFields(fields)).toEqual(written);
    expect(JSON.stringify(safeFields(fields))).not.toContain(SECRET);
  });

  it('bounds depth, length and number', () => {
    expect(JSON.stringify(safeFields(deep))).toContain('[deeper]');
    expect(JSON.stringify(safeFields(deep))).not.toContain(SECRET);
    expect(safeFields({ many: Array.from({ length: 5000 }, () => 1) })['many']).toHaveLength(100);
    expect(safeText('x'.repeat(1_000_000))).toHaveLength(4097);
  });
});
