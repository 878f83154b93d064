import { describe, expect, it } from 'vitest';
import { editLease, newLease, readLease } from '../../../src/platform/leader/lease.ts';

const EDIT = {
  holder: 'a',
  durationMs: 15_000,
  transitions: 3,
  acquireTime: '2026-11-23T19:05:00.000000Z',
  renewTime: '2026-11-23T19:06:00.000000Z',
};

describe('editLease', () => {
  it('keeps every field that it does not know', () => {
    const lease = {
      metadata: { labels: { mine: 'yes' }, managedFields: [{ manager: 'x' }] },
      spec: { holderIdentity: 'b', strategy: 'OldestEmulationVersion' },
      future: true,
    };
    expect(editLease(lease, EDIT)).toEqual({
      ...lease,
      spec: {
        strategy: 'OldestEmulationVersion',
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: EDIT.acquireTime,
        renewTime: EDIT.renewTime,
        leaseTransitions: 3,
      },
    });
  });

  it('is read back as it was written', () => {
    expect(readLease(newLease('system', 'operator', EDIT))).toMatchObject({
      holder: 'a',
      durationMs: 15_000,
      transitions: 3,
      acquireTime: EDIT.acquireTime,
    });
  });
});

describe('readLease', () => {
  it.each([
    ['no spec', {}],
    ['nulls', { spec: { holderIdentity: null, leaseDurationSeconds: null } }],
    ['nonsense', { spec: { holderIdentity: 7, leaseDurationSeconds: -1, leaseTransitions: 'x' } }],
  ])('reads %s as held by nobody', (_name, lease) => {
    expect(readLease(lease)).toMatchObject({ holder: '', durationMs: null, transitions: 0 });
  });

  it('reads numbers that somebody made too large as ones that an election can go on from', () => {
    const spec = { holderIdentity: 'b', leaseDurationSeconds: 2 ** 31 - 1 };
    const read = (leaseTransitions: number) => readLease({ spec: { ...spec, leaseTransitions } });
    expect(read(2 ** 31 - 1)).toMatchObject({ durationMs: 300_000, transitions: 0 });
    expect(read(2 ** 31 - 2).transitions).toBe(2 ** 31 - 2);
    expect(read(-1).transitions).toBe(0);
  });

  it('has a fingerprint that a renewal changes and a label does not', () => {
    const lease = newLease('system', 'operator', EDIT);
    const labelled = { ...lease, metadata: { labels: { touched: 'yes' } } };
    const renewed = editLease(lease, { ...EDIT, renewTime: '2026-11-23T19:06:02.000000Z' });
    expect(readLease(labelled).fingerprint).toBe(readLease(lease).fingerprint);
    expect(readLease(renewed).fingerprint).not.toBe(readLease(lease).fingerprint);
  });
});
