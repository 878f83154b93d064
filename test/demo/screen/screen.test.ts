import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Chronicle } from '../record/chronicle.ts';
import { readSampleSet } from '../record/sample-set.ts';
import { plainText } from './ansi.ts';
import { draw } from './screen.ts';

const set = readSampleSet(join(import.meta.dirname, '../../../docs/examples/payments-fast.yaml'));

/** A second key is pending, one token was rejected. */
function chronicleOfAMinute(): Chronicle {
  let nowMs = 0;
  const chronicle = new Chronicle(() => nowMs);
  const tally = { name: 'web', kind: 'jose, over the JWKS server', leewayMs: 0, alive: 3 };
  chronicle.verifiers.push({
    ...{ ...tally, caches: 5, verified: 41, rejected: 1, cacheAgeMs: 4200 },
    revoked: null,
  });
  nowMs = 5000;
  const first = { ordinal: 1, kid: 'kid-of-the-first', state: 'Active' } as const;
  chronicle.seeStatus({ keys: [first] });
  nowMs = 20_000;
  const explanation =
    'published 00:00:20Z, served everywhere by 00:00:22Z, clock skew 1s: 00:00:28Z';
  chronicle.seeStatus({
    keys: [first, { ordinal: 2, kid: 'kid-of-the-second', state: 'Pending' }],
    nextTransition: {
      ...{ action: 'Activate', kid: 'kid-of-the-second', waitingFor: 'ActivationGate' },
      ...{ time: '1970-01-01T00:01:28Z', explanation },
    },
  });
  nowMs = 60_000;
  chronicle.mark('✗', 'killed');
  return chronicle;
}

test('the picture shows the keys, the wait with its arithmetic, and the counts', () => {
  const chronicle = chronicleOfAMinute();
  const sizes = { columns: 110, rows: 40 };
  const lines = draw({ set, chronicle, nowMs: 60_000, expectedMs: 100_000, ...sizes });
  const text = plainText(lines.join('\n'));
  expect(text).toMatch(/#1 +█+ +Active/);
  expect(text).toMatch(/#2 +░+ +Pending/);
  expect(text).toContain('Activate #2 in 28 s  waiting for ActivationGate');
  expect(text).toContain('published 00:00:20Z, served everywhere by 00:00:22Z');
  expect(text).toMatch(/web +verified +41 +rejected 1 +oldest cache 4.2 s/);
  expect(text).toContain('1:00.0  ✗ killed');
});

test('of a revocation it shows what is announced, what is observed, and who still trusts', () => {
  const chronicle = chronicleOfAMinute();
  chronicle.seeRevocations(['kid-of-the-first']);
  const revoked = { accepted: 12, refused: 7, lastAcceptedMs: 61_500, trusting: 2 };
  Object.assign(chronicle.verifiers[0] ?? {}, { revoked });
  const distrustedByTime = '1970-01-01T00:01:08Z';
  const ended = {
    ordinal: 1,
    kid: 'kid-of-the-first',
    state: 'Retired',
    reason: 'Revoked',
  } as const;
  chronicle.seeStatus({ keys: [{ ...ended, distrustedByTime }] });
  chronicle.seePublished(['kid-of-the-second']);
  const sizes = { columns: 110, rows: 40 };
  const lines = draw({ set, chronicle, nowMs: 63_000, expectedMs: 100_000, ...sizes });
  const text = plainText(lines.join('\n'));
  expect(text).toMatch(/#1 +█+×+ +Revoked/);
  expect(text).toContain('#1, out of the JWKS after 0.0 s; announced end: 8.0 s (in 5 s)');
  expect(text).toContain('tokens: 12 accepted, last after 1.5 s; 7 refused; 2/5 caches trust it');
  expect(text).toMatch(/web .*trust #1: 2 of 5/);
});

test.each([60, 80, 110, 200])('no line is wider than a terminal of %i columns', (columns) => {
  const chronicle = chronicleOfAMinute();
  const lines = draw({ set, chronicle, nowMs: 60_000, expectedMs: 100_000, columns, rows: 24 });
  const widths = lines.map((line) => plainText(line).length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(Math.max(columns, 62));
});
