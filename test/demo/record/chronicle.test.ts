import { expect, test } from 'vitest';
import { Chronicle, type VerifierTally } from './chronicle.ts';
import type { RevokedCounts } from './messages.ts';

function tallyOf(name: string): VerifierTally {
  return {
    ...{ name, kind: 'of a test', leewayMs: 0, caches: 2, cacheAgeMs: null },
    ...{ verified: 0, rejected: 0, alive: 0, revoked: null },
  };
}

test('trust ends when no cache of any verifier is left, and this is reported once', () => {
  let nowMs = 10_000;
  const chronicle = new Chronicle(() => nowMs);
  const [web, batch] = [tallyOf('web'), tallyOf('batch')];
  chronicle.verifiers.push(web, batch);
  chronicle.seeStatus({ keys: [{ ordinal: 4, kid: 'k', state: 'Active' }] });
  const see = (tally: VerifierTally, revoked: RevokedCounts) =>
    chronicle.seeCounts(tally, {
      ...{ kind: 'counts', verified: 1, rejected: 0, alive: 0, cacheAgeMs: null, revoked },
    });
  const told = () => chronicle.marks.filter(({ symbol }) => symbol === '○').map(({ text }) => text);

  see(web, { accepted: 0, refused: 0, lastAcceptedMs: null, trusting: 2 });
  expect(chronicle.revokedTotals()).toBeNull();
  see(batch, { accepted: 0, refused: 0, lastAcceptedMs: null, trusting: 2 });
  expect(chronicle.revokedTotals()).toMatchObject({ trusting: 4, caches: 4, lastAcceptedMs: null });

  chronicle.seeRevocations(['k']);
  nowMs = 10_200;
  const ended = { ordinal: 4, kid: 'k', state: 'Retired', reason: 'Revoked' } as const;
  chronicle.seeStatus({ keys: [{ ...ended, distrustedByTime: '1970-01-01T00:00:19Z' }] });
  see(web, { accepted: 9, refused: 3, lastAcceptedMs: 14_000, trusting: 0 });
  expect(told()).toEqual([]);
  see(batch, { accepted: 5, refused: 3, lastAcceptedMs: 16_500, trusting: 0 });
  see(batch, { accepted: 5, refused: 8, lastAcceptedMs: 16_500, trusting: 0 });
  expect(told()).toEqual([
    'the last verifier let go of #4, 6.5 s after its revocation, 2.5 s before announced',
  ]);
});

test('a switch to an older key is a rollback and no rotation', () => {
  const chronicle = new Chronicle(() => 0);
  const key = (ordinal: number, state: 'Active' | 'Retiring' | 'Retired') => ({
    ...{ ordinal, kid: `k${ordinal}`, state },
  });
  chronicle.seeStatus({ keys: [key(1, 'Active')] });
  chronicle.seeStatus({ keys: [key(1, 'Retiring'), key(2, 'Active')] });
  expect([chronicle.fullRotations(), chronicle.rollbacks()]).toEqual([0, 0]);
  chronicle.seeStatus({ keys: [key(1, 'Active'), key(2, 'Retiring')] });
  chronicle.seeStatus({ keys: [key(1, 'Active'), key(2, 'Retired')] });
  expect([chronicle.fullRotations(), chronicle.rollbacks()]).toEqual([0, 1]);
  chronicle.seeStatus({ keys: [key(1, 'Retiring'), key(3, 'Active')] });
  chronicle.seeStatus({ keys: [key(1, 'Retired'), key(3, 'Active')] });
  // From #1 to #3; from #1 to #2 was taken back.
  expect([chronicle.fullRotations(), chronicle.rollbacks()]).toEqual([1, 1]);
});
