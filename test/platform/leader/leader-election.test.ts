import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CANDIDATE_PERIOD_MS,
  createLeaderElector,
  LEASE_DURATION_MS,
  RENEW_DEADLINE_MS,
  RETRY_PERIOD_MS,
} from '../../../src/platform/leader/leader-election.ts';
import { editLease, newLease, readLease } from '../../../src/platform/leader/lease.ts';
import { createManualClock } from '../../support/clock/manual-clock.ts';
import {
  CALM,
  createCandidate,
  LeaseServer,
  type Weather,
} from '../../support/kube/lease-world.ts';

const EXCHANGES_MS = 10;
const HOUR_MS = 3_600_000;

function createWorld() {
  const clock = createManualClock();
  return { clock, server: new LeaseServer(clock) };
}

const specOf = (server: LeaseServer) => server.stored()?.lease['spec'] as Record<string, unknown>;

describe('taking a lease', () => {
  it('creates a missing one and renews it', async () => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server });
    a.run();
    await clock.advance(EXCHANGES_MS);
    expect(a.elector.leads()).toBe(true);
    expect(server.stored()?.lease).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'system', name: 'operator' },
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: '2023-11-14T22:13:20.002000Z',
        renewTime: '2023-11-14T22:13:20.002000Z',
        leaseTransitions: 0,
      },
    });
    await clock.advance(60_000);
    expect(specOf(server)['acquireTime']).toBe('2023-11-14T22:13:20.002000Z');
    expect(String(specOf(server)['renewTime']) > '2023-11-14T22:14:17').toBe(true);
    expect(a.elector.leads()).toBe(true);
    const intervals = server.writes.slice(1).map((w, i) => w.atMs - (server.writes[i]?.atMs ?? 0));
    for (const ms of intervals) expect(ms).toBeLessThanOrEqual(RETRY_PERIOD_MS + EXCHANGES_MS);
  });

  it('takes over from a dead leader once the lease has been unchanged for its whole duration', async () => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server });
    const b = createCandidate({ name: 'b', clock, server });
    a.run();
    await clock.advance(EXCHANGES_MS);
    a.freeze();
    b.run();
    await clock.advance(LEASE_DURATION_MS - EXCHANGES_MS);
    expect(b.elector.leads()).toBe(false);
    expect(specOf(server)).toMatchObject({ holderIdentity: 'a' });
    await clock.advance(CANDIDATE_PERIOD_MS + 2 * EXCHANGES_MS);
    expect(b.elector.leads()).toBe(true);
    expect(specOf(server)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it.each([
    ['an hour ahead', HOUR_MS],
    ['an hour behind', -HOUR_MS],
  ])("is not misled by another machine's clock that is %s", async (_name, wallOffsetMs) => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server, wallOffsetMs });
    const b = createCandidate({ name: 'b', clock, server });
    a.run();
    await clock.advance(EXCHANGES_MS);
    b.run();
    await clock.advance(120_000);
    expect(a.elector.leads()).toBe(true);
    expect(b.elector.leads()).toBe(false);
    a.freeze();
    await clock.advance(LEASE_DURATION_MS + RETRY_PERIOD_MS + CANDIDATE_PERIOD_MS);
    expect(b.elector.leads()).toBe(true);
  });

  it('does not count a change of labels as a renewal', async () => {
    const { clock, server } = createWorld();
    server.put(newLease('system', 'operator', deadHolder()));
    const b = createCandidate({ name: 'b', clock, server });
    b.run();
    for (let second = 0; second < 21; second++) {
      const lease = server.stored()?.lease ?? {};
      if (!b.elector.leads()) server.put({ ...lease, metadata: { labels: { n: `${second}` } } });
      await clock.advance(1000);
    }
    expect(b.elector.leads()).toBe(true);
    expect(server.stored()?.lease['metadata']).toMatchObject({ labels: {} });
  });

  it('waits its own duration for a lease without one', async () => {
    const { clock, server } = createWorld();
    server.put({ spec: { holderIdentity: 'somebody' } });
    const b = createCandidate({ name: 'b', clock, server });
    b.run();
    await clock.advance(LEASE_DURATION_MS);
    expect(b.elector.leads()).toBe(false);
    await clock.advance(CANDIDATE_PERIOD_MS + EXCHANGES_MS);
    expect(b.elector.leads()).toBe(true);
  });

  it('gives a free lease to only one of many', async () => {
    const { clock, server } = createWorld();
    const all = ['a', 'b', 'c', 'd'].map((name) => createCandidate({ name, clock, server }));
    for (const candidate of all) candidate.run();
    await clock.advance(60_000);
    expect(all.filter((candidate) => candidate.elector.leads())).toHaveLength(1);
    expect(new Set(server.writes.map((write) => write.by)).size).toBe(1);
  });

  it('rejects with the reason of its signal, and leaves no timer', async () => {
    const { clock, server } = createWorld();
    server.put(newLease('system', 'operator', deadHolder()));
    const b = createCandidate({ name: 'b', clock, server });
    const acquired = b.elector.acquire(b.stop.signal);
    await clock.advance(1000);
    b.stop.abort(new Error('told to stop'));
    await expect(acquired).rejects.toThrow('told to stop');
    expect(clock.sleeping()).toBe(0);
  });
});

describe('losing a lease', () => {
  it('gives up at the renew deadline if the store fails', async () => {
    const { clock, server } = createWorld();
    let weather: Weather = CALM;
    const a = createCandidate({ name: 'a', clock, server, weather: () => weather });
    a.run();
    await clock.advance(EXCHANGES_MS);
    weather = { ...CALM, fate: 'lost on the way there' };
    await clock.advance(RENEW_DEADLINE_MS - 2 * EXCHANGES_MS);
    expect(a.elector.leads()).toBe(true);
    await clock.advance(2 * EXCHANGES_MS);
    expect(a.elector.leads()).toBe(false);
    expect(a.end()).toEqual({ kind: 'lost', reason: expect.stringContaining('system/operator') });
    weather = CALM;
    await clock.advance(60_000);
    expect(server.writes).toHaveLength(1);
  });

  it('gives up at the renew deadline if the store hangs and ignores the signal', async () => {
    const { clock, server } = createWorld();
    let weather: Weather = CALM;
    const a = createCandidate({ name: 'a', clock, server, weather: () => weather });
    a.run();
    await clock.advance(EXCHANGES_MS);
    weather = { thereMs: HOUR_MS, backMs: 1, fate: 'ok' };
    await clock.advance(RENEW_DEADLINE_MS);
    expect(a.elector.leads()).toBe(false);
    expect(a.end()).toMatchObject({ kind: 'lost' });
  });

  it('survives one hanging request', async () => {
    const { clock, server } = createWorld();
    let count = 0;
    const weather = () => (++count === 3 ? { ...CALM, thereMs: HOUR_MS } : CALM);
    const a = createCandidate({ name: 'a', clock, server, weather });
    a.run();
    await clock.advance(60_000);
    expect(a.elector.leads()).toBe(true);
  });

  it('does not write after a pause that is longer than the lease', async () => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server });
    const b = createCandidate({ name: 'b', clock, server });
    a.run();
    await clock.advance(EXCHANGES_MS);
    b.run();
    a.freeze();
    await clock.advance(60_000);
    expect(b.elector.leads()).toBe(true);
    // Immediately after the pause, as a worker that wakes up checks it.
    expect(a.elector.leads()).toBe(false);
    const writesOfA = server.writes.filter((write) => write.by === 'a').length;
    a.thaw();
    await clock.advance(60_000);
    expect(a.end()).toMatchObject({ kind: 'lost' });
    expect(server.writes.filter((write) => write.by === 'a')).toHaveLength(writesOfA);
    expect(b.elector.leads()).toBe(true);
  });

  it('does not write after a pause between reading and writing', async () => {
    const { clock, server } = createWorld();
    let weather: Weather = CALM;
    const a = createCandidate({ name: 'a', clock, server, weather: () => weather });
    a.run();
    await clock.advance(EXCHANGES_MS);
    // The renewal gets a conflict, so it has to read.
    server.put({ ...server.stored()?.lease, metadata: {} });
    weather = { ...CALM, backMs: 1000 };
    await clock.advance(RETRY_PERIOD_MS + 1500);
    a.freeze();
    await clock.advance(60_000);
    a.thaw();
    await clock.advance(60_000);
    expect(a.end()).toMatchObject({ kind: 'lost' });
    expect(server.writes).toHaveLength(1);
  });

  it('counts from the start of its last renewal, not from the answer', async () => {
    const { clock, server } = createWorld();
    let weather: Weather = { thereMs: 1000, backMs: 1000, fate: 'ok' };
    const a = createCandidate({ name: 'a', clock, server, weather: () => weather });
    a.run();
    // Read in 2 s, written from 2 s to 4 s.
    await clock.advance(4001);
    expect(a.elector.leads()).toBe(true);
    weather = { ...CALM, fate: 'lost on the way there' };
    await clock.advance(2000 + RENEW_DEADLINE_MS - 4001 - 1);
    expect(a.elector.leads()).toBe(true);
    await clock.advance(1);
    expect(a.elector.leads()).toBe(false);
  });

  it('stops immediately when it sees another holder, expired or not', async () => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server });
    a.run();
    await clock.advance(EXCHANGES_MS);
    server.put(editLease(server.stored()?.lease ?? {}, { ...deadHolder(), durationMs: 1 }));
    await clock.advance(RETRY_PERIOD_MS + EXCHANGES_MS);
    expect(a.elector.leads()).toBe(false);
    expect(a.end()).toEqual({ kind: 'lost', reason: expect.stringContaining(`held by 'dead'`) });
    expect(readLease(server.stored()?.lease ?? {}).holder).toBe('dead');
  });

  it('renews a lease that someone else changed, and creates a deleted one again', async () => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server });
    a.run();
    await clock.advance(EXCHANGES_MS);
    server.put({ ...server.stored()?.lease, metadata: { labels: { touched: 'yes' } } });
    await clock.advance(RETRY_PERIOD_MS + EXCHANGES_MS);
    expect(server.stored()?.lease['metadata']).toEqual({ labels: { touched: 'yes' } });
    expect(server.writes).toHaveLength(2);
    server.put(null);
    await clock.advance(30_000);
    expect(specOf(server)['holderIdentity']).toBe('a');
    expect(a.elector.leads()).toBe(true);
  });
});

describe('releasing a lease', () => {
  it('lets the next candidate take it within one retry', async () => {
    const { clock, server } = createWorld();
    const a = createCandidate({ name: 'a', clock, server });
    const b = createCandidate({ name: 'b', clock, server, dice: () => 0.999 });
    a.run();
    await clock.advance(EXCHANGES_MS);
    b.run();
    await clock.advance(30_000);
    a.stop.abort();
    await clock.advance(0);
    expect(a.end()).toEqual({ kind: 'stopped' });
    // The lease is held while work drains.
    expect(a.elector.leads()).toBe(true);
    const released = a.elector.release(new AbortController().signal);
    expect(a.elector.leads()).toBe(false);
    await clock.advance(EXCHANGES_MS);
    expect(await released).toBe(true);
    expect(specOf(server)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await clock.advance(CANDIDATE_PERIOD_MS);
    expect(b.elector.leads()).toBe(true);
    expect(specOf(server)['leaseTransitions']).toBe(1);
  });

  it('works after an interrupted renewal', async () => {
    const { clock, server } = createWorld();
    const weather = { thereMs: 100, backMs: 100, fate: 'ok' } as const;
    const a = createCandidate({ name: 'a', clock, server, weather: () => weather });
    a.run();
    await clock.advance(400 + RETRY_PERIOD_MS + 50);
    a.stop.abort();
    await clock.advance(0);
    const released = a.elector.release(new AbortController().signal);
    await clock.advance(1000);
    expect(await released).toBe(true);
    expect(specOf(server)['holderIdentity']).toBe('');
  });

  it("never changes another's lease", async () => {
    const { clock, server } = createWorld();
    const b = createCandidate({ name: 'b', clock, server });
    expect(await b.elector.release(new AbortController().signal)).toBe(false);
    b.run();
    await clock.advance(EXCHANGES_MS);
    server.put(newLease('system', 'operator', deadHolder()));
    const released = b.elector.release(new AbortController().signal);
    await clock.advance(1000);
    expect(await released).toBe(false);
    expect(specOf(server)['holderIdentity']).toBe('dead');
  });
});

describe('unsafe times are refused', () => {
  it.each([
    {
      leaseDurationMs: 10_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2000,
      candidatePeriodMs: 1000,
    },
    {
      leaseDurationMs: 15_000,
      renewDeadlineMs: 2000,
      retryPeriodMs: 2000,
      candidatePeriodMs: 1000,
    },
  ])('$leaseDurationMs/$renewDeadlineMs/$retryPeriodMs', (times) => {
    const { clock, server } = createWorld();
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const random = { float: () => 0, hex: () => '' };
    const store = server.storeFor('a', () => CALM);
    const names = { namespace: 'system', name: 'operator', identity: 'a' };
    expect(() => createLeaderElector({ clock, random, log, store, ...names, times })).toThrow(
      RangeError,
    );
  });
});

describe('whatever the network and the scheduler do', () => {
  it('never has two leaders at once', async () => {
    const weather: fc.Arbitrary<Weather> = fc.record({
      thereMs: fc.oneof(fc.nat(50), fc.nat(20_000)),
      backMs: fc.oneof(fc.nat(50), fc.nat(20_000)),
      fate: fc.constantFrom('ok', 'ok', 'ok', 'lost on the way there', 'lost on the way back'),
    });
    const pauses = fc.array(fc.nat(2), { minLength: 12, maxLength: 12 });
    let led = 0;
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(weather), pauses, async (weathers, frozen) => {
        const { clock, server } = createWorld();
        const all = ['a', 'b', 'c'].map((name, index) =>
          createCandidate({
            name,
            clock,
            server,
            wallOffsetMs: index * HOUR_MS,
            weather: () => weathers.next().value ?? CALM,
          }),
        );
        for (const candidate of all) candidate.run();
        for (const who of frozen) {
          all[who]?.freeze();
          for (let step = 0; step < 20; step++) {
            await clock.advance(500);
            const leaders = all.filter((candidate) => candidate.elector.leads());
            expect(leaders.length).toBeLessThanOrEqual(1);
            led += leaders.length;
          }
          all[who]?.thaw();
        }
        for (const candidate of all) candidate.stop.abort();
      }),
      { numRuns: 30 },
    );
    expect(led).toBeGreaterThan(100);
  });
});

function deadHolder() {
  const timeText = '2020-01-01T00:00:00.000000Z';
  return {
    holder: 'dead',
    durationMs: LEASE_DURATION_MS,
    transitions: 0,
    acquireTime: timeText,
    renewTime: timeText,
  };
}
