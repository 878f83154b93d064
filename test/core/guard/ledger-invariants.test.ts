import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { judgeLedgerWrite } from '../../../src/core/guard/ledger-invariants.ts';
import { keyByKid, type Ledger, type LedgerKey } from '../../../src/core/ledger/ledger.ts';
import type { ObservedPods } from '../../../src/core/reading/model.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC } from '../../support/core-world/fixtures.ts';
import {
  ledgerOf,
  rotatedWorld,
  signerWrite,
  situation,
  switched,
  withKey,
} from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const RETIRED = { generation: 9, reason: 'Retired', removedSeenMs: null } as const;
const REVOKED = { ...RETIRED, reason: 'Revoked' } as const;
const HELD: ObservedPods = {
  kind: 'Read',
  readOnce: [{ pod: 'a', readsBy: 'Env', sinceMs: 0, workload: null }],
  more: 0,
};

/** The invariants that a ledger would break if it were written now. */
function broken(world: World, after: Ledger): readonly string[] {
  return judgeLedgerWrite(situation(world), after).map(({ invariant }) => invariant);
}

function keyOf(world: World, kid: string): LedgerKey {
  const key = keyByKid(ledgerOf(world), kid);
  if (key === null) throw new Error(`${kid} is not in the ledger`);
  return key;
}

type Row = readonly [string, (world: World) => Ledger, readonly string[]];

/** 35 s after creation: the gate of #3 opens at 38 s, that of the removal of #1 at 44 s. */
function judge([, craft, expected]: Row): void {
  const world = rotatedWorld();
  const after = craft(world);
  expect(broken(world, after)).toEqual(expected);
}

const SWITCHES: readonly Row[] = [
  ['to the key that signs already', (world) => ledgerOf(world), []],
  ['before the gate is open', (world) => switched(ledgerOf(world), 'k3'), ['I2']],
  [
    'once the gate is open',
    (world) => {
      world.runFor(3_000);
      return switched(ledgerOf(world), 'k3');
    },
    [],
  ],
  [
    'to a barred key',
    (world) => {
      world.runFor(5_000);
      const barred = withKey(ledgerOf(world), 'k3', { bar: RETIRED });
      world.api.write(signerWrite(world, barred));
      return switched(barred, 'k3');
    },
    ['I2'],
  ],
  [
    'to a revoked key',
    (world) => {
      world.runFor(5_000);
      world.hands.revoke('k3');
      return switched(ledgerOf(world), 'k3');
    },
    ['I2'],
  ],
  [
    'to a key that the ledger did not hold',
    (world) => {
      const ledger = ledgerOf(world);
      const kid = 'k4';
      const key = { ...keyOf(world, 'k3'), kid, ordinal: 4, publicJwk: fixtureJwk(kid, EC_KIND) };
      return switched({ ...ledger, keys: [...ledger.keys, key] }, kid);
    },
    ['I2'],
  ],
  [
    'to another key than the copy of a lost ledger says',
    (world) => {
      const ledger = ledgerOf(world);
      world.hands.annotateSigner(ANNOTATION.ledger, null);
      return switched(ledger, 'k3');
    },
    ['I2'],
  ],
  [
    'to the key that the copy of a lost ledger calls active',
    (world) => {
      const ledger = ledgerOf(world);
      world.hands.annotateSigner(ANNOTATION.ledger, null);
      return ledger;
    },
    [],
  ],
];

const BARS: readonly Row[] = [
  [
    'before the last token has expired',
    (world) => withKey(ledgerOf(world), 'k1', { bar: RETIRED }),
    ['I3'],
  ],
  [
    'once the last token has expired',
    (world) => {
      world.nowMs += 9_000;
      return withKey(ledgerOf(world), 'k1', { bar: RETIRED });
    },
    [],
  ],
  [
    'for a revocation',
    (world) => {
      world.hands.revoke('k1');
      return withKey(ledgerOf(world), 'k1', { bar: REVOKED });
    },
    [],
  ],
  [
    'for a revocation that the spec does not ask for',
    (world) => {
      const barred = withKey(ledgerOf(world), 'k1', { bar: RETIRED });
      world.api.write(signerWrite(world, barred));
      return withKey(barred, 'k1', { bar: REVOKED });
    },
    ['I3'],
  ],
  ['of a key that never signed', (world) => withKey(ledgerOf(world), 'k3', { bar: RETIRED }), []],
  [
    'by leaving a key out of the ledger',
    (world) => {
      const ledger = ledgerOf(world);
      return { ...ledger, keys: ledger.keys.filter(({ kid }) => kid !== 'k1') };
    },
    ['I3'],
  ],
];

/** Noted at 33 s in the ledger that is there: here at the present time, by the list of now. */
function settledAgain(world: World): Ledger {
  const settled = { seenMs: world.nowMs, reload: 'Watch' as const };
  return withKey(ledgerOf(world), 'k1', { settled });
}

const SETTLED: readonly Row[] = [
  ['if the list shows none', settledAgain, []],
  [
    'while the list shows one',
    (world) => {
      world.api.pods = HELD;
      return settledAgain(world);
    },
    ['I3'],
  ],
  [
    'while nobody can list them',
    (world) => {
      world.api.pods = { kind: 'Forbidden' };
      return settledAgain(world);
    },
    ['I3'],
  ],
  [
    'before the switch was taken up',
    (world) => {
      // With a Ps of 6 s that is at 37 s.
      const terms = { ...FAST_SPEC.terms, signerRefreshDelayMs: 6_000 };
      world.hands.editSpec((spec) => ({ ...spec, terms }));
      world.settle();
      return settledAgain(world);
    },
    ['I3'],
  ],
  [
    'as noted before, while the list shows one by now',
    (world) => {
      world.api.pods = HELD;
      return ledgerOf(world);
    },
    [],
  ],
];

const KIDS: readonly Row[] = [
  [
    'an ended kid comes back',
    (world) => {
      const old = keyOf(world, 'k1');
      world.runFor(12_000);
      const ledger = ledgerOf(world);
      const back = { ...old, state: 'Pending' as const, mayHaveSigned: false };
      return { ...ledger, tombstones: [], keys: [back, ...ledger.keys] };
    },
    ['I4'],
  ],
  [
    'a kid stands for another key',
    (world) => withKey(ledgerOf(world), 'k3', { publicJwk: fixtureJwk('x', EC_KIND) }),
    ['I4'],
  ],
  [
    'the ledger forgets which ordinals have ended',
    (world) => ({ ...ledgerOf(world), nextOrdinal: 3 }),
    ['I4'],
  ],
  [
    'a new kid enters',
    (world) => {
      const ledger = ledgerOf(world);
      const key = { ...keyOf(world, 'k3'), kid: 'k4', ordinal: 4 };
      return { ...ledger, keys: [...ledger.keys, key] };
    },
    [],
  ],
];

const GATES: readonly Row[] = [
  [
    'of an activation moves earlier',
    (world) => {
      const publishedSeenMs = (keyOf(world, 'k3').publishedSeenMs ?? 0) - 1;
      return withKey(ledgerOf(world), 'k3', { publishedSeenMs });
    },
    ['I8'],
  ],
  [
    'of an activation moves later',
    (world) => withKey(ledgerOf(world), 'k3', { publishedSeenMs: world.nowMs }),
    [],
  ],
  [
    'of an activation is not known any more',
    (world) => withKey(ledgerOf(world), 'k3', { publishedSeenMs: null }),
    [],
  ],
  [
    'of a removal moves earlier, as a term that counts is forgotten',
    (world) => {
      const largest = { ...keyOf(world, 'k1').largest, tokenTtlMs: 1 };
      return withKey(ledgerOf(world), 'k1', { largest });
    },
    ['I8'],
  ],
  [
    'of the next switch moves earlier',
    (world) => {
      const signerSeenMs = (keyOf(world, 'k2').signerSeenMs ?? 0) - 1;
      return withKey(ledgerOf(world), 'k2', { signerSeenMs });
    },
    ['I8'],
  ],
];

describe('a ledger is written', () => {
  test.each(SWITCHES)('with a switch %s', (...row) => judge(row));
  test.each(BARS)('with a bar %s', (...row) => judge(row));
  test.each(SETTLED)('with the note that no pod holds the old key: %s', (...row) => judge(row));
  test.each(KIDS)('%s', (...row) => judge(row));
  test.each(GATES)('the gate %s', (...row) => judge(row));
});

describe('if no ledger is known', () => {
  test.each<[string, () => { world: World; after: Ledger }, readonly string[]]>([
    [
      'the first key may begin to sign',
      () => {
        const ledger = ledgerOf(settled());
        return { world: worldWith(FAST_SPEC), after: { ...ledger, keys: ledger.keys.slice(0, 1) } };
      },
      [],
    ],
    [
      'several keys may not, as none of them is the first',
      () => ({ world: worldWith(FAST_SPEC), after: ledgerOf(settled()) }),
      ['I2'],
    ],
    [
      'nobody may sign',
      () => {
        const ledger = ledgerOf(rotatedWorld());
        const keys = ledger.keys.filter(({ state }) => state !== 'Active');
        return { world: worldWith(FAST_SPEC), after: { ...ledger, keys } };
      },
      [],
    ],
    [
      'the signer’s key keeps signing, if all copies are lost',
      () => ({ world: withoutLedgers(), after: ledgerOf(rotatedWorld()) }),
      [],
    ],
    [
      'another key may not begin to sign, if all copies are lost',
      () => ({ world: withoutLedgers(), after: switched(ledgerOf(rotatedWorld()), 'k3') }),
      ['I2'],
    ],
  ])('%s', (_, make, expected) => {
    const { world, after } = make();
    expect(broken(world, after)).toEqual(expected);
  });

  function settled(): World {
    const world = worldWith(FAST_SPEC);
    world.settle();
    return world;
  }

  function withoutLedgers(): World {
    const world = rotatedWorld();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.hands.wipeStatus();
    world.hands.editJwksMeta((meta) => ({ ...meta, annotations: {} }));
    return world;
  }
});

describe('a revocation of the signing key calls a key before its gate is open', () => {
  const CALLED: Call = { policy: 'SignImmediately', revoked: 'k2', isSeen: true, isShown: true };

  interface Call {
    readonly policy: 'SignImmediately' | 'FailClosed';
    readonly revoked: string;
    readonly isSeen: boolean;
    readonly isShown: boolean;
  }

  test.each<[string, Call, readonly string[]]>([
    ['under SignImmediately', CALLED, []],
    ['not under FailClosed', { ...CALLED, policy: 'FailClosed' }, ['I2']],
    ['not if another key is revoked', { ...CALLED, revoked: 'k1' }, ['I2']],
    ['not a key that was never seen in the JWKS', { ...CALLED, isSeen: false }, ['I2']],
    ['not a key that the JWKS does not show now', { ...CALLED, isShown: false }, ['I2']],
  ])('%s', (_, { policy, revoked, isSeen, isShown }, expected) => {
    const world = rotatedWorld({ ...FAST_SPEC, onRevokeWithoutStandby: policy });
    if (!isSeen) {
      const unseen = withKey(ledgerOf(world), 'k3', { publishedSeenMs: null });
      world.api.write(signerWrite(world, unseen));
    }
    if (!isShown) world.hands.editJwksKeys((keys) => keys.filter(({ kid }) => kid !== 'k3'));
    world.hands.revoke(revoked);
    expect(broken(world, switched(ledgerOf(world), 'k3'))).toEqual(expected);
  });

  test('and one that is called later, while no key signs', () => {
    const world = rotatedWorld({ ...FAST_SPEC, onRevokeWithoutStandby: 'SignImmediately' });
    const ledger = ledgerOf(world);
    const keys = ledger.keys.map((key) =>
      key.state === 'Active' ? { ...key, state: 'Retiring' as const } : key,
    );
    const afterwards = (closed: boolean) => {
      const stopped = { ...ledger, keys, closed, generation: ledgerOf(world).generation + 1 };
      world.api.write(signerWrite(world, stopped, { from: 'nothing' }));
      return broken(world, switched(stopped, 'k3'));
    };
    expect(afterwards(true)).toEqual([]);
    // It was no revocation that stopped the last key.
    expect(afterwards(false)).toEqual(['I2']);
  });
});

describe('a deletion removes the JWKS', () => {
  const REMOVING = { removing: true, jwksRemovedSeenMs: null };

  // #1 was emptied out of the signer at 12 s: Ps 2s, S 1s, T 8s, L 1s, 2S 2s.
  test.each<[string, number, (world: World) => void, readonly string[]]>([
    ['before the tokens have expired', 13_000, () => undefined, ['I3']],
    ['once the tokens have expired', 14_000, () => undefined, []],
    ['without the wait, as it was skipped', 0, skip, []],
  ])('%s', (_, afterMs, disturb, expected) => {
    const world = worldWith({ ...FAST_SPEC, deletionPolicy: 'Delete' });
    world.runFor(12_000);
    world.hands.deleteSet();
    world.settle();
    if (afterMs > 3_000) world.runFor(3_000);
    world.nowMs += Math.max(0, afterMs - 3_000);
    disturb(world);
    expect(broken(world, { ...ledgerOf(world), deletion: REMOVING })).toEqual(expected);
  });

  function skip(world: World): void {
    world.hands.annotate(REQUEST.skipDeletionWait, world.api.set?.ref.uid ?? '');
  }
});
