import { describe, expect, test } from 'vitest';
import { FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { type World, worldWith } from '../../support/core-world/world.ts';

/** A set whose key #2 is proven and due to sign 30 s after its creation. */
function provenWorld(): World {
  const world = worldWith(FAST_SPEC);
  world.runFor(12 * SECOND);
  return world;
}

function publishedSeen(world: World): readonly (number | null)[] {
  return world.ledger?.keys.map(({ publishedSeenMs }) => publishedSeenMs) ?? [];
}

describe('an edit of the JWKS by someone else', () => {
  test.each<[string, (world: World) => void]>([
    ['a key taken out', ({ hands }) => hands.editJwksKeys(([first]) => (first ? [first] : []))],
    ['a key added', ({ hands }) => hands.editJwksKeys((keys) => [...keys].reverse())],
    ['nonsense', ({ hands }) => hands.editJwksFile('jwks.json', 'nonsense')],
    ['another serve.json', ({ hands }) => hands.editJwksFile('serve.json', '{}')],
    ['deleted', ({ hands }) => hands.deleteJwks()],
    [
      'edited and put back between two readings',
      (world) => {
        const text = world.api.jwks?.data['jwks.json'] ?? '';
        world.hands.editJwksFile('jwks.json', 'nonsense');
        world.hands.editJwksFile('jwks.json', text);
      },
    ],
  ])('%s: every wait starts again, once', (_, disturb) => {
    const world = provenWorld();
    disturb(world);
    world.settle();
    expect(publishedSeen(world)).toEqual([world.nowMs, world.nowMs]);
    const before = world.written.length;
    world.runFor(5 * SECOND);
    const later = world.written.slice(before);
    expect(later.every(({ step }) => step.write.kind === 'WriteStatus')).toBe(true);
    expect(world.servedKids).toEqual(['k1', 'k2']);
  });

  test('is noted before the repair hides it, even while the clocks are in doubt', () => {
    const world = provenWorld();
    world.skewMs = 20 * SECOND;
    world.hands.editJwksKeys(([first]) => (first ? [first] : []));
    world.settle();
    expect(world.servedKids).toEqual(['k1', 'k2']);
    expect(publishedSeen(world)).toEqual([null, null]);
    world.skewMs = 0;
    world.settle();
    expect(publishedSeen(world)).toEqual([world.nowMs, world.nowMs]);
  });

  test('is noted as well if the ConfigMap is created again while the clocks are in doubt', () => {
    const world = provenWorld();
    world.hasDate = false;
    world.hands.deleteJwks();
    world.settle();
    expect(world.servedKids).toEqual(['k1', 'k2']);
    expect(publishedSeen(world)).toEqual([null, null]);
    expect(world.refused).toEqual([]);
  });

  test('in labels and annotations alone changes no wait', () => {
    const world = provenWorld();
    const before = publishedSeen(world);
    world.hands.editJwksMeta((meta) => ({ ...meta, labels: {}, annotations: {} }));
    world.runFor(5 * SECOND);
    expect(publishedSeen(world)).toEqual(before);
    expect(world.violations()).toEqual([]);
  });

  test('that is repeated can delay a switch, but not cause a livelock', () => {
    const world = provenWorld();
    for (let round = 0; round < 10; round += 1) {
      world.hands.editJwksFile('serve.json', `{"round":${round}}`);
      world.runFor(6 * SECOND);
    }
    expect(world.signerKid).toBe('k1');
    world.runFor(3 * SECOND);
    expect(world.signerKid).toBe('k2');
  });
});

describe('an ended kid that someone puts back into the JWKS', () => {
  test('is removed again, and its removal counts from then', () => {
    const world = worldWith(FAST_SPEC);
    world.runFor(45 * SECOND);
    expect(world.ledger?.tombstones.map(({ kid }) => kid)).toEqual(['k1']);
    const { jwks } = world.api;
    if (jwks === null) throw new Error('there is a JWKS');
    world.runFor(2 * SECOND);
    world.hands.editJwksKeys((keys) => {
      const [first] = keys;
      return first === undefined ? keys : [...keys, { ...first, kid: 'k1' }];
    });
    world.settle();
    expect(world.servedKids).toEqual(['k2', 'k3']);
    expect(world.ledger?.tombstones[0]?.removedSeenMs).toBe(world.nowMs);
  });
});

describe('a term that was lowered', () => {
  const withT = (tokenTtlMs: number) => (spec: typeof FAST_SPEC) => ({
    ...spec,
    terms: { ...spec.terms, tokenTtlMs },
  });
  const inLedger = ({ ledger }: World) => ledger?.terms.declared.tokenTtlMs;
  const inStatus = ({ api }: World) => api.set?.status?.terms?.tokenTTL;

  test('is lowered in the status first, in the ledger next', () => {
    const world = provenWorld();
    const shown: string[] = [];
    world.onWritten = () => shown.push(`${inStatus(world)} ${inLedger(world)}`);
    world.hands.editSpec(withT(5_000));
    world.settle();
    expect(shown[0]).toBe('5s 8000');
    expect(shown.at(-1)).toBe('5s 5000');
    expect(world.ledger?.terms.lowered.map(({ terms }) => terms.tokenTtlMs)).toEqual([8_000]);
  });

  test('and one that is raised is in the ledger first', () => {
    const world = provenWorld();
    const shown: string[] = [];
    world.onWritten = () => shown.push(`${inStatus(world)} ${inLedger(world)}`);
    world.hands.editSpec(withT(9_000));
    world.settle();
    expect(shown[0]).toBe('8s 9000');
    expect(shown.at(-1)).toBe('9s 9000');
  });

  test('and raised again before the ledger was told stays as it is', () => {
    const world = provenWorld();
    world.hands.editSpec(withT(5_000));
    world.runPass();
    expect([inStatus(world), inLedger(world)]).toEqual(['5s', 8_000]);
    world.hands.editSpec(withT(8_000));
    world.settle();
    expect([inStatus(world), inLedger(world)]).toEqual(['8s', 8_000]);
    expect(world.ledger?.terms.lowered).toEqual([]);
  });

  test('counts although the ledger never had it, if someone wrote it into the status', () => {
    const world = provenWorld();
    const { set } = world.api;
    if (set?.status == null) throw new Error('there is a status');
    const status = { ...set.status, terms: { ...set.status.terms, tokenTTL: '40s' } };
    world.api.set = { ...set, status, resourceVersion: world.api.nextVersion() };
    world.settle();
    expect([inStatus(world), inLedger(world)]).toEqual(['8s', 8_000]);
    expect(world.ledger?.terms.lowered.map(({ terms }) => terms.tokenTtlMs)).toEqual([40_000]);
  });
});
