import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import type { Situation } from '../../../src/core/reading/situation.ts';
import { revocationsUnmatched } from '../../../src/core/report/revocations-unmatched.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, situation } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

const CALM = { ...FAST_SPEC, rotation: { ...FAST_SPEC.rotation, intervalMs: 600_000 } };
/** As operators make them. */
const KID = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const OTHER_KID = 'ZmJmFvC9xTqV3mYw1b1n0wPzq5tWv8rJ2cS6dHk4LgE';

function calmWorld(...kids: readonly string[]): World {
  const world = worldWith(CALM);
  world.runFor(12 * SECOND);
  if (kids.length > 0) world.hands.revoke(...kids);
  return world;
}

function told(now: Situation): string | null {
  const found = revocationsUnmatched(now);
  return found === null ? null : `${found.status} ${found.reason}: ${found.message}`;
}

/** The same set, with kids of this form. */
function withThumbprints(world: World, changes: Partial<Ledger> = {}): Situation {
  const ledger = ledgerOf(world);
  const kids = [KID, OTHER_KID];
  const keys = ledger.keys.map((key, index) => ({ ...key, kid: kids[index] ?? key.kid }));
  return {
    ...situation(world),
    ledgerState: { kind: 'Sound', ledger: { ...ledger, keys, ...changes }, copied: true },
  };
}

const HEAD =
  'no key of this set has such a kid, so nothing was changed. It may be mistyped: compare it with status.keys and ' +
  'with the kid in the header of a token.';
const TAIL =
  'An entry stays in force: if a key with its kid appears, restored from a backup for example, it is revoked.';

describe('the condition names the entries that match no key', () => {
  test('there is none, while each matches one', () => {
    expect(told(situation(calmWorld()))).toBeNull();
    expect(told(situation(calmWorld('k1')))).toBeNull();
  });

  test('nor once the key has ended', () => {
    const world = calmWorld('k1');
    world.runFor(60 * SECOND);
    expect(told(situation(world))).toBeNull();
  });

  test('nor while the ledger is lost, which says which keys there are', () => {
    const world = calmWorld('typo');
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    expect(told(situation(world))).toBeNull();
  });

  test('one that no key has, beside one of a key', () => {
    expect(told(situation(calmWorld('typo', 'k1')))).toBe(`True KidUnknown: typo: ${HEAD} ${TAIL}`);
  });

  test('that it may be of a key that ended long ago, if the set has forgotten any', () => {
    const world = calmWorld('typo');
    const now = withThumbprints(world, { nextOrdinal: 100 });
    expect(told(now)).toContain('remembers only the ordinals of keys that ended long ago');
    expect(told(withThumbprints(world))).not.toContain('ended long ago');
  });

  test('that a kid cannot be of this set, if all of its kids have another form', () => {
    const world = calmWorld('2024-06', KID.slice(0, 20).repeat(3).slice(0, 43));
    expect(told(withThumbprints(world))).toContain(
      "token. 2024-06 cannot be of this set: its kids have 43 letters, digits, '-' and '_'. An entry",
    );
    // One key was imported under a kid of its own.
    const [first, ...others] = ledgerOf(world).keys;
    const keys = first === undefined ? [] : [{ ...first, kid: '2024-05' }, ...others];
    expect(told(withThumbprints(world, { keys }))).not.toContain('cannot be');
  });
});

describe('the kid of a key that an entry resembles', () => {
  test.each([
    ['the last character was not copied', KID.slice(0, -1)],
    ['nor the first', KID.slice(1)],
    ['a part of it', KID.slice(10, 18)],
    ['it stands in brackets', `<${KID}>`],
    ['in other letters', KID.toUpperCase()],
    ['one character is wrong', `x${KID.slice(1)}`],
    ['two are exchanged', `${KID[1]}${KID[0]}${KID.slice(2)}`],
  ])('%s', (_, kid) => {
    expect(told(withThumbprints(calmWorld(kid)))).toContain(` ${kid} resembles ${KID}. `);
  });

  test.each([
    ['a part that many have', KID.slice(0, 7)],
    ['three wrong characters', `xyz${KID.slice(3)}`],
    ['another kid', OTHER_KID.split('').reverse().join('')],
  ])('not: %s', (_, kid) => {
    expect(told(withThumbprints(calmWorld(kid)))).not.toContain('resembles');
  });
});
