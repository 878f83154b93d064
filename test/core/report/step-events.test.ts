import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { rotatedWorld } from '../../support/core-world/states.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

/** Each step that is taken until nothing is left to do, and brings events: its code and theirs. */
function announced(world: World): readonly string[] {
  const before = world.written.length;
  world.settle();
  return world.written
    .slice(before)
    .filter(({ step }) => step.events.length > 0)
    .map(({ step }) => `${step.reason.code}: ${step.events.map(({ reason }) => reason).join(' ')}`);
}

function loseLedger({ hands }: World): void {
  hands.annotateSigner(ANNOTATION.ledger, null);
}

test('each key that changes its state is an event, whichever stage did it', () => {
  expect(announced(worldWith(FAST_SPEC))).toEqual([
    'ActivateFirstKey: KeyActivated',
    'AddKey: KeyPending',
  ]);
});

test('a status, a JWKS or a Secret brings no event of its own', () => {
  const world = rotatedWorld();
  world.hands.wipeStatus();
  world.hands.editJwksMeta((meta) => ({ ...meta, labels: {} }));
  expect(announced(world)).toEqual([]);
});

describe('an adoption is announced with the first write that makes the objects the new set’s', () => {
  test('once, and not the states of the keys, which stay', () => {
    const world = rotatedWorld();
    const uid = world.api.set?.ref.uid ?? '';
    world.hands.deleteSet();
    world.hands.createSet(FAST_SPEC, { [REQUEST.adopt]: uid }, 'moved');
    const lines = announced(world);
    expect(lines.filter((line) => line.includes('KeysAdopted'))).toHaveLength(1);
    expect(lines.join()).not.toContain('KeyActivated');
  });
});

describe('a recovery has two writes', () => {
  test('the first says that the ledger is lost, the second that it is recovered', () => {
    const world = rotatedWorld();
    loseLedger(world);
    expect(announced(world)).toEqual([
      'RecoverLedger: LedgerLost',
      'RecoverLedger: LedgerRecovered',
    ]);
  });

  test('what is revoked meanwhile is announced with the first, and once', () => {
    const world = rotatedWorld();
    world.hands.revoke('k1');
    loseLedger(world);
    const [first, ...later] = announced(world);
    expect(first).toBe('RecoverLedger: LedgerLost KeyRevoked');
    expect(later.join()).not.toContain('KeyRevoked');
  });
});

test('a switch announces both keys', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(12 * SECOND);
  world.hands.annotate(REQUEST.rotate, 'now');
  expect(announced(world)[0]).toBe('Activate: KeyRetiring KeyActivated');
});

describe('the event of an adoption', () => {
  test('says which Secrets stay, if the adopted set had another name', () => {
    const world = rotatedWorld();
    const uid = world.api.set?.ref.uid ?? '';
    world.hands.deleteSet();
    world.hands.createSet(FAST_SPEC, { [REQUEST.adopt]: uid }, 'moved');
    world.settle();
    const events = world.written.flatMap(({ step }) => step.events);
    const adopted = events.filter(({ reason }) => reason === 'KeysAdopted');
    expect(adopted).toHaveLength(1);
    expect(adopted[0]?.message).toContain(
      ' Its Secrets payments-key-1, payments-key-2, payments-key-3 hold private keys and are not adopted. Once this set ' +
        `is Ready: kubectl delete secret -n auth -l signingkeys.dev/set-uid=${uid}`,
    );
    expect(world.api.jwks?.meta.annotations[ANNOTATION.owner]).toContain('"moved"');
  });

  test('says nothing of Secrets if there are none, and no more than an event can hold if there are many', () => {
    const told = (adopteeKeySecrets: readonly string[]) => {
      const world = rotatedWorld();
      const uid = world.api.set?.ref.uid ?? '';
      world.hands.deleteSet();
      world.hands.createSet(FAST_SPEC, { [REQUEST.adopt]: uid }, 'moved');
      world.api.set = world.api.set && { ...world.api.set, adopteeKeySecrets };
      world.settle();
      const events = world.written.flatMap(({ step }) => step.events);
      return events.find(({ reason }) => reason === 'KeysAdopted')?.message ?? '';
    };
    expect(told([])).toMatch(/both would rotate these keys\.$/);
    const longest = Array.from(
      { length: 200 },
      (_, at) => `${'n'.repeat(52)}-key-${at + 999_999_000}`,
    );
    expect(told(longest)).toContain('and 192 more hold private keys');
    expect(told(longest).length).toBeLessThanOrEqual(1024);
  });

  test('does not speak of key Secrets that stay, if the adopted set has the same name', () => {
    const world = rotatedWorld();
    const owner = '{"namespace":"elsewhere","name":"payments","uid":"c"}';
    world.hands.annotate(REQUEST.adopt, 'c');
    world.hands.annotateSigner(ANNOTATION.owner, owner);
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    const events = world.written.flatMap(({ step }) => step.events);
    const [adopted] = events.filter(({ reason }) => reason === 'KeysAdopted');
    expect(adopted?.message).toMatch(/^This set adopts the keys of the set elsewhere\/payments /);
    expect(adopted?.message).not.toContain('not adopted');
  });

  test('does not come if a new set of the same name adopts: it has no other operator', () => {
    const world = rotatedWorld();
    world.hands.deleteSet();
    world.hands.createSet(FAST_SPEC);
    expect(announced(world).join()).not.toContain('KeysAdopted');
  });
});
