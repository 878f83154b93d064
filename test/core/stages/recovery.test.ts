import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { GENERATION_MAX } from '../../../src/core/ledger/bounds.ts';
import { readLedger, serializeLedger } from '../../../src/core/ledger/codec.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { fixtureJwk } from '../../support/core-world/fixture-jwk.ts';
import { EC_KIND, FAST_SPEC, SECOND } from '../../support/core-world/fixtures.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

/** In the middle of a rotation: #1 Retiring, #2 Active, #3 Pending. */
function rotatedWorld(): World {
  const world = worldWith(FAST_SPEC);
  world.runFor(35 * SECOND);
  return world;
}

function jwksCopy(world: World): Ledger {
  const read = readLedger(world.api.jwks?.meta.annotations[ANNOTATION.ledger] ?? '');
  if (read.kind !== 'Ledger') throw new Error('the JWKS has no copy');
  return read.ledger;
}

function unledgerJwks(world: World): void {
  world.hands.editJwksMeta((meta) => {
    const { [ANNOTATION.ledger]: _, ...annotations } = meta.annotations;
    return { ...meta, annotations };
  });
}

const LOSSES: readonly [string, (world: World) => void][] = [
  ['deleted with its Secret', ({ hands }) => hands.deleteSigner()],
  ['stripped', ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, null)],
  ['garbled', ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, '{"version":1}')],
  ['of another set', ({ hands }) => hands.annotateSigner(ANNOTATION.ledger, 'null')],
];

describe.each(LOSSES)('a ledger that is %s', (_, lose) => {
  test('is recovered two generations later, and the JWKS never shrinks; every wait starts again if that had changed', () => {
    const world = rotatedWorld();
    const before = world.ledger;
    world.hands.editJwksMeta((meta) => ({ ...meta, labels: { ...meta.labels, team: 'a' } }));
    lose(world);
    const lostMs = world.nowMs;
    world.settle();
    const { ledger } = world;
    expect(ledger?.generation).toBeGreaterThanOrEqual((before?.generation ?? 0) + 2);
    expect(ledger?.keys.map(({ state }) => state)).toEqual(['Retiring', 'Active', 'Pending']);
    expect(ledger?.keys.map(({ publishedSeenMs }) => publishedSeenMs)).toEqual([
      lostMs,
      lostMs,
      lostMs,
    ]);
    expect(ledger?.keys[0]?.supersededSeenMs).toBe(lostMs);
    expect(world.signerKid).toBe('k2');
    const later = world.facts.filter(({ atMs }) => atMs >= lostMs);
    expect(later.every(({ servedKids }) => servedKids?.length === 3)).toBe(true);
  });

  test('without any copy is rebuilt from what the objects show', () => {
    const world = rotatedWorld();
    unledgerJwks(world);
    world.hands.wipeStatus();
    lose(world);
    world.settle();
    const states = world.ledger?.keys.map(({ kid, state }) => `${kid} ${state}`);
    // If the signer's values are gone too, nothing shows which key signed.
    const isGone = lose === LOSSES[0]?.[1];
    expect(states).toEqual(
      isGone
        ? ['k1 Retiring', 'k2 Retiring', 'k3 Retiring', 'k4 Pending']
        : ['k1 Retiring', 'k2 Active', 'k3 Retiring', 'k4 Pending'],
    );
    world.runFor(120 * SECOND);
    expect(world.violations()).toEqual([]);
    expect(world.refused).toEqual([]);
  });
});

describe('a standby that is proven when the ledger is lost', () => {
  /** Signer and active key's Secret are gone: nobody signs before the standby may. */
  function loseSigningKey(world: World): void {
    world.hands.deleteKeySecret(2);
    world.hands.deleteSigner();
  }

  function provenWorld(): World {
    const world = rotatedWorld();
    world.runFor(10 * SECOND);
    return world;
  }

  test('stays proven while the JWKS is the version that the copy has noted, and signs at once', () => {
    const world = provenWorld();
    const before = world.ledger?.keys.map(({ publishedSeenMs }) => publishedSeenMs);
    loseSigningKey(world);
    const since = world.written.length;
    world.settle();
    expect(world.signerKid).toBe('k3');
    const kept = world.ledger?.keys.map(({ publishedSeenMs }) => publishedSeenMs);
    expect(kept?.slice(0, before?.length)).toEqual(before);
    const said = world.written.slice(since).flatMap(({ step }) => step.events);
    expect(said.map(({ reason }) => reason)).toContain('SigningKeyLost');
    expect(said.map(({ reason }) => reason)).not.toContain('WaitRestarted');
    expect(world.written[since]?.step.reason.message).toMatch(
      /the JWKS has not changed since the copy\.$/,
    );
    world.runFor(60 * SECOND);
    expect(world.violations()).toEqual([]);
  });

  test.each<[string, (world: World) => void]>([
    [
      'the JWKS was edited and put back',
      ({ hands, api }) => {
        const { jwks } = api;
        hands.editJwksKeys(() => []);
        if (jwks !== null) hands.restoreJwks(jwks);
      },
    ],
    [
      'the JWKS was deleted and put back as it was',
      ({ hands, api }) => {
        const { jwks } = api;
        hands.deleteJwks();
        if (jwks !== null) hands.restoreJwks(jwks);
      },
    ],
    [
      'only labels of the JWKS were edited: its version does not tell what else was',
      ({ hands }) => hands.editJwksMeta((meta) => ({ ...meta, labels: { team: 'a' } })),
    ],
    ['only the copy beside the JWKS is left', ({ hands }) => hands.wipeStatus()],
  ])('waits again if %s', (_, harm) => {
    const world = provenWorld();
    harm(world);
    loseSigningKey(world);
    const lostMs = world.nowMs;
    const since = world.written.length;
    world.settle();
    expect(world.signerKid).toBeNull();
    const pending = world.ledger?.keys.find(({ kid }) => kid === 'k3');
    expect(pending?.publishedSeenMs).toBe(lostMs);
    expect(world.written[since]?.step.reason.message).toMatch(/Every wait starts again\.$/);
    world.runFor(60 * SECOND);
    expect(world.violations()).toEqual([]);
  });

  test.each<[string, (world: World) => void, boolean, readonly string[]]>([
    ['nobody touches it', () => undefined, true, []],
    [
      'someone edits it and puts it back',
      ({ hands, api }) => {
        const { jwks } = api;
        hands.editJwksKeys(() => []);
        if (jwks !== null) hands.restoreJwks(jwks);
      },
      false,
      ['JwksEdited'],
    ],
    ['someone empties it', ({ hands }) => hands.editJwksKeys(() => []), false, ['JwksRepaired']],
  ])('between the two writes of the recovery, %s', (_, harm, isKept, repaired) => {
    const world = provenWorld();
    loseSigningKey(world);
    expect(world.runPass().wrote).toBe(true);
    expect(world.written.at(-1)?.step.write.kind).toBe('WriteJwks');
    world.nowMs += SECOND;
    harm(world);
    const since = world.written.length;
    world.settle();
    expect(world.signerKid).toBe(isKept ? 'k3' : null);
    const events = world.written.slice(since).flatMap(({ step }) => step.events);
    const repairs = events.filter(({ reason }) => reason.startsWith('Jwks'));
    expect(repairs.map(({ reason }) => reason)).toEqual(isKept ? [] : repaired);
    world.runFor(60 * SECOND);
    expect(world.signerKid).not.toBeNull();
    expect(world.violations()).toEqual([]);
  });

  test('that the lost ledger had noted an edit of the JWKS does not hide it: its version is another one', () => {
    const world = provenWorld();
    const { jwks } = world.api;
    const status = world.api.set?.status ?? null;
    world.hands.editJwksKeys(() => []);
    expect(world.runPass().wrote).toBe(true);
    expect(world.written.at(-1)?.step.reason.code).toBe('NoteObservations');
    // Before that note was copied, everything is as it was, but for the version.
    if (jwks !== null) world.hands.restoreJwks(jwks);
    expect(world.api.set?.status).toBe(status);
    loseSigningKey(world);
    world.settle();
    expect(world.signerKid).toBeNull();
    world.runFor(60 * SECOND);
    expect(world.violations()).toEqual([]);
  });
});

describe('a ledger is lost', () => {
  test('again, right after its recovery: a second recovery follows the same rules as the first', () => {
    const world = rotatedWorld();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    const firstCopy = jwksCopy(world);
    world.hands.wipeStatus();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    const before = world.written.length;
    world.settle();
    const [first, second] = world.written.slice(before).map(({ step }) => step.write);
    expect([first?.kind, second?.kind]).toEqual(['WriteJwks', 'WriteSigner']);
    expect(first).toMatchObject({ generation: firstCopy.generation + 2 });
    expect(second).toMatchObject({ ledger: { generation: firstCopy.generation + 3 } });
  });

  test('and begins a new epoch, by the later clock, and always later than the one before', () => {
    const world = rotatedWorld();
    const began = world.ledger?.epochMs;
    expect(began).toBe(START_MS);
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    const recovered = world.nowMs + FAST_SPEC.terms.clockSkewMs;
    expect(world.ledger?.epochMs).toBe(recovered);
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    expect(world.ledger?.epochMs).toBe(recovered + 1);
    unledgerJwks(world);
    world.hands.wipeStatus();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    expect(world.ledger?.epochMs).toBeGreaterThanOrEqual(recovered);
  });

  test('and does not count on from a generation that someone has forged', () => {
    const world = rotatedWorld();
    const forged = { ...world.ledger, generation: GENERATION_MAX } as Ledger;
    world.hands.annotateSigner(ANNOTATION.ledger, serializeLedger(forged));
    world.settle();
    world.hands.annotate(REQUEST.rotate, 'r');
    world.runFor(60 * SECOND);
    expect(world.ledger?.generation).toBeLessThan(100);
    expect(world.ledger?.handled.rotate).toBe('r');
  });

  test('and a new set of this name repeats no request', () => {
    const world = rotatedWorld();
    world.hands.deleteSet();
    world.hands.createSet(FAST_SPEC, { [REQUEST.rotate]: 'copied' });
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    expect(world.ledger?.handled.rotate).toBe('copied');
  });

  test('with dozens of key Secrets around: no more keys are published than verifiers read', () => {
    const world = rotatedWorld();
    const { meta } = world.hands.keySecret(2);
    const { labels, annotations } = meta;
    for (let ordinal = 4; ordinal < 30; ordinal += 1) {
      world.hands.plantKeySecret(ordinal, `extra-${ordinal}`, { labels, annotations });
    }
    unledgerJwks(world);
    world.hands.wipeStatus();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.settle();
    expect(world.servedKids).toHaveLength(8);
    expect(world.ledger?.keys).toHaveLength(8);
    expect(world.refused).toEqual([]);
  });
});

describe('the ledger and all copies are lost, and a key Secret of an earlier set is there', () => {
  test.each<[string, (world: World) => void, readonly string[]]>([
    [
      'it has ended if the signer is this set’s own',
      ({ hands }) => hands.deleteJwks(),
      ['k1', 'k2'],
    ],
    [
      'it has ended if the JWKS is this set’s own',
      ({ hands }) => hands.deleteSigner(),
      ['k1', 'k2'],
    ],
    [
      'it stays published if the JWKS shows its key',
      ({ hands }) => hands.editJwksKeys((keys) => [...keys, fixtureJwk('k9', EC_KIND)]),
      ['k1', 'k2', 'k9'],
    ],
    [
      'it joins, and waits, if nothing is this set’s own',
      ({ hands }) => {
        hands.deleteJwks();
        hands.deleteSigner();
      },
      ['k1', 'k2', 'k9'],
    ],
  ])('%s', (_, disturb, servedKids) => {
    const world = worldWith({
      ...FAST_SPEC,
      rotation: { ...FAST_SPEC.rotation, intervalMs: 600 * SECOND },
    });
    world.settle();
    const { labels, annotations } = world.hands.keySecret(2).meta;
    const owner = '{"namespace":"auth","name":"payments","uid":"uid-of-before"}';
    const earlier = { ...annotations, [ANNOTATION.owner]: owner };
    world.hands.plantKeySecret(5, 'k9', { labels, annotations: earlier });
    unledgerJwks(world);
    world.hands.wipeStatus();
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    disturb(world);
    world.runPass();
    expect(world.servedKids).toEqual(servedKids);
    world.settle();
    const isThere = world.api.keySecrets.has('payments-key-5');
    expect(isThere).toBe(servedKids.includes('k9'));
    expect(world.refused).toEqual([]);
  });
});

test('an ended key that someone put back before the ledger was lost is trusted again', () => {
  const world = worldWith(FAST_SPEC);
  world.runFor(25 * SECOND);
  const before = world.api.jwks;
  world.runFor(30 * SECOND);
  const [ended] = world.api.set?.status?.keys ?? [];
  expect(ended?.state).toBe('Retired');
  if (before === null) throw new Error('there was a JWKS');
  world.hands.restoreJwks(before);
  world.hands.annotateSigner(ANNOTATION.ledger, null);
  world.settle();
  const now = world.api.set?.status?.keys?.find(({ kid }) => kid === ended?.kid);
  // P 2 s, C 5 s, S 1 s after the removal that has just been seen, at 09:00:55.
  expect(now?.distrustedByTime).toBe('2026-12-01T09:01:03Z');
});

test('a recovered ledger has the terms that the status shows, whatever its copy says', () => {
  const world = rotatedWorld();
  const { set } = world.api;
  if (set === null) throw new Error('there is a set');
  const { ledger: _, keys: __, ...status } = set.status ?? {};
  world.api.set = { ...set, status: { ...status, terms: { tokenTTL: '40s' } } };
  world.hands.deleteSigner();
  world.runPass();
  world.runPass();
  expect(world.ledger?.terms.declared.tokenTtlMs).toBe(40_000);
  expect(world.ledger?.keys.map(({ largest }) => largest.tokenTtlMs)).toEqual(
    world.ledger?.keys.map(() => 40_000),
  );
});

describe('a copy of before the key that signs', () => {
  /** Two rotations on: the copy that someone restores knows #1 and #2, and #3 signs. */
  function restoredWorld(): World {
    const world = worldWith(FAST_SPEC);
    world.runFor(10 * SECOND);
    const older = world.api.jwks;
    if (older === null) throw new Error('there is no JWKS yet');
    world.runFor(60 * SECOND);
    expect(world.signerKid).toBe('k3');
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    world.hands.wipeStatus();
    world.hands.deleteJwks();
    world.hands.restoreJwks(older);
    return world;
  }

  test('does not take that key out of signer or JWKS', () => {
    const world = restoredWorld();
    const lostMs = world.nowMs;
    world.settle();
    expect(world.signerKid).toBe('k3');
    expect(world.servedKids).toEqual(expect.arrayContaining(['k1', 'k2', 'k3']));
    const facts = world.facts.filter(({ atMs }) => atMs >= lostMs);
    expect(facts.every(({ signerKid }) => signerKid === 'k3')).toBe(true);
  });

  test('gives no ordinal again that a key Secret of this set has', () => {
    const world = restoredWorld();
    const taken = [...world.api.keySecrets.values()].map(({ ordinal }) => ordinal);
    world.settle();
    const next = world.ledger?.nextOrdinal ?? 0;
    expect(next).toBeGreaterThan(Math.max(...taken));
  });

  test('believes no Secret that someone has copied to a higher ordinal', () => {
    const world = restoredWorld();
    const secret = world.hands.keySecret(3);
    world.hands.plantKeySecret(5000, 'k3', secret.meta);
    world.settle();
    expect(world.ledger?.nextOrdinal).toBeLessThan(5000);
    expect(world.signerKid).toBe('k3');
  });
});
