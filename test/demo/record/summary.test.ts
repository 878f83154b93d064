import { expect, test } from 'vitest';
import { Chronicle, type KeyState, type SetStatus } from './chronicle.ts';
import type { RevokedCounts } from './messages.ts';
import { describeSummary, summarise } from './summary.ts';

const REVOKED_MS = 100_000;
const UNPUBLISHED_MS = 100_300;
const ANNOUNCED = '1970-01-01T00:01:49Z';
const GOOD_COUNTS = { accepted: 300, refused: 500, lastAcceptedMs: 106_500, trusting: 0 };

/** `1A 2P` : the states by ordinal. */
function statusOf(text: string, announced?: string): SetStatus {
  const states: Readonly<Record<string, KeyState>> = {
    ...{ P: 'Pending', A: 'Active', r: 'Retiring', R: 'Retired', X: 'Retired' },
  };
  const keys = text.split(' ').map((key) => ({
    ordinal: Number(key.slice(0, -1)),
    kid: `kid-${key.slice(0, -1)}`,
    state: states[key.slice(-1)] ?? 'Pending',
    ...(key.endsWith('X') ? { reason: 'Revoked' } : {}),
    ...(key.endsWith('X') && announced !== undefined ? { distrustedByTime: announced } : {}),
  }));
  return { keys };
}

interface Played {
  readonly course?: readonly string[];
  readonly rejected?: number;
  readonly revoked?: RevokedCounts | null;
  readonly isUnpublished?: boolean;
  readonly announced?: string | undefined;
}

const COURSE = ['1A 2P', '1r 2A 3P', '1R 2r 3A', '2R 3r 4A', '2R 3A 4r', '2R 3A 4R 5P'];

function played({
  course = COURSE,
  rejected = 0,
  revoked = GOOD_COUNTS,
  isUnpublished = true,
  announced,
}: Played): Chronicle {
  let nowMs = 0;
  const chronicle = new Chronicle(() => nowMs);
  for (const text of course) chronicle.seeStatus(statusOf(text));
  nowMs = REVOKED_MS;
  chronicle.seeRevocations(['kid-3']);
  chronicle.seePublished(['kid-3', 'kid-5']);
  nowMs = UNPUBLISHED_MS;
  if (isUnpublished) chronicle.seePublished(['kid-5']);
  chronicle.seeStatus(statusOf('2R 3X 4R 5A', announced));
  chronicle.verifiers.push({
    ...{ name: 'web', kind: 'of a test', leewayMs: 0, caches: 5, cacheAgeMs: null, alive: 0 },
    ...{ verified: 2000, rejected, revoked },
  });
  return chronicle;
}

test('the figures of a story that went well', () => {
  const chronicle = played({ announced: ANNOUNCED });
  const summary = summarise(chronicle, null);
  expect(summary).toMatchObject({
    ...{
      ok: true,
      faults: [],
      rotations: 2,
      rollbacks: 1,
      revocations: 1,
      verified: 2000,
      rejected: 0,
    },
    ...{ revokedAccepted: 300, revokedRefused: 500, cachesStillTrusting: 0 },
    msFromRevocationToUnpublished: 300,
    msFromRevocationToLastTrust: 6500,
    msFromRevocationToAnnounced: 9000,
  });
  const text = describeSummary(summary, chronicle).join('\n');
  expect(text).toMatch(/revoked +#3, out of the JWKS after 0.3 s/);
  expect(text).toMatch(/last trust in #3 +after 6.5 s, announced: at the latest after 9.0 s/);
});

const FAULTS: readonly (readonly [string, Played])[] = [
  ['valid tokens were rejected 1 time(s)', { rejected: 1 }],
  [
    'too few rollbacks: 0 instead of at least 1',
    { course: [...COURSE.slice(0, 4), '2R 3R 4A 5P'] },
  ],
  [
    'the revoked key was accepted 1 ms after the announced end of trust',
    { revoked: { ...GOOD_COUNTS, lastAcceptedMs: 109_001 } },
  ],
  ['1 of 5 caches never let go of the revoked key', { revoked: { ...GOOD_COUNTS, trusting: 1 } }],
  ['no key was revoked', { revoked: null }],
  ['the revoked key was not seen to leave the JWKS', { isUnpublished: false }],
  ['no end of trust was announced', { announced: undefined }],
];

test.each(FAULTS)('no success: %s', (wanted, fault) => {
  const { ok, faults } = summarise(played({ announced: ANNOUNCED, ...fault }), null);
  expect([ok, faults]).toEqual([false, [wanted]]);
});

test('no success: the story broke off', () => {
  expect(summarise(played({ announced: ANNOUNCED }), 'the server has gone')).toMatchObject({
    ok: false,
    faults: ['the server has gone'],
  });
});
