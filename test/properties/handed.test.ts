/**
 * What is stored can be handed to the operator with any number, text or list in it. What no operator writes is
 * refused, and recovered from; and what the operator writes is always what its readers take.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../src/core/formats/names.ts';
import { parsePublishedJwks, parseServePolicy } from '../../src/core/formats/served-set.ts';
import { GENERATION_MAX, INSTANT_MAX_MS, ORDINAL_MAX } from '../../src/core/ledger/bounds.ts';
import { readLedger, serializeLedger } from '../../src/core/ledger/codec.ts';
import { activeKey } from '../../src/core/ledger/ledger.ts';
import { parseOwner } from '../../src/core/reading/ownership.ts';
import { FAST_SPEC, MINUTE } from '../support/core-world/fixtures.ts';
import { harshLife, live, roughLife, specArbitrary } from '../support/core-world/moves.ts';
import { type World, worldWith } from '../support/core-world/world.ts';

const RUNS = { numRuns: 25 };
const TIMEOUT_MS = 180_000;

/** What of the world's objects their readers would refuse; empty if nothing. */
function unreadable({ api, ledger }: World): readonly string[] {
  const found: string[] = [];
  const { signer, jwks, set } = api;
  const texts = [
    signer?.meta.annotations[ANNOTATION.ledger],
    jwks?.meta.annotations[ANNOTATION.ledger],
    set?.status?.ledger,
  ];
  for (const text of texts) {
    const read = text === undefined ? null : readLedger(text);
    if (read !== null && read.kind !== 'Ledger') found.push(JSON.stringify(read));
  }
  if (ledger !== null && signer !== null && parseOwner(signer.meta) === null) found.push('owner');
  if (jwks !== null) {
    const keys = parsePublishedJwks(jwks.data['jwks.json'] ?? '');
    const policy = parseServePolicy(jwks.data['serve.json'] ?? '');
    if ('problem' in keys) found.push(`jwks.json: ${keys.problem}`);
    if ('problem' in policy) found.push(`serve.json: ${policy.problem}`);
  }
  return found;
}

describe.each([
  { name: 'rough', lives: roughLife },
  { name: 'harsh', lives: harshLife },
])('in a $name life', ({ lives }) => {
  test(
    'what the operator writes is what it can read',
    () => {
      fc.assert(
        fc.property(specArbitrary, lives, (spec, moves) => {
          const world = worldWith(spec);
          const found: string[] = [];
          world.onWritten = ({ ledger }) => {
            if (ledger === null) return;
            const read = readLedger(serializeLedger(ledger));
            if (read.kind !== 'Ledger') found.push(JSON.stringify(read));
          };
          live(world, moves);
          world.settle();
          expect([...found, ...unreadable(world)]).toEqual([]);
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );
});

type Json = Record<string, unknown>;

/** Every path to a member, such as `keys.0.bar.reason`. */
function pathsOf(value: unknown, prefix = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [path, ...pathsOf(member, path)];
  });
}

function withMember(text: string, path: string, value: unknown): string {
  const copy = JSON.parse(text) as Json;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Json>((at, name) => at[name] as Json, copy);
  parent[last] = value;
  return JSON.stringify(copy);
}

/** Numbers at and beyond every bound, texts and lists without end, and other types. */
const extremes: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  ...[-1, 0, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e300],
  ...[GENERATION_MAX - 1, GENERATION_MAX, GENERATION_MAX + 1, GENERATION_MAX / 2],
  ...[INSTANT_MAX_MS - 1, INSTANT_MAX_MS, INSTANT_MAX_MS + 1],
  ...[ORDINAL_MAX - 1, ORDINAL_MAX, ORDINAL_MAX / 2, ORDINAL_MAX / 4, 999_999_999],
  ...['', 'x', 'é'.repeat(70_000), 'x'.repeat(130_000), '\u0000'],
  ...[null, true, [], {}, [null], new Array(300).fill('x')],
);

/** The ledger of the world with one member replaced, counted as one generation later or not. */
function forged(world: World, pathIndex: number, value: unknown, isLater: boolean): string | null {
  const text = world.api.signer?.meta.annotations[ANNOTATION.ledger];
  if (text === undefined || world.ledger === null) return null;
  const paths = pathsOf(JSON.parse(text)).filter((path) => path !== 'generation' || !isLater);
  const later = isLater ? withMember(text, 'generation', world.ledger.generation + 1) : text;
  return withMember(later, paths[pathIndex % paths.length] ?? '', value);
}

type Place = 'signer' | 'status' | 'jwks';

function put(world: World, place: Place, text: string): void {
  const { hands, api } = world;
  if (place === 'signer') hands.annotateSigner(ANNOTATION.ledger, text);
  if (place === 'jwks') {
    hands.editJwksMeta((meta) => ({
      ...meta,
      annotations: { ...meta.annotations, [ANNOTATION.ledger]: text },
    }));
  }
  if (place === 'status' && api.set !== null) {
    const status = { ...api.set.status, ledger: text };
    api.set = { ...api.set, status, resourceVersion: api.nextVersion() };
  }
}

/** Left alone, a revocation is carried out, and then a rotation that was asked for. */
function carriesOn(world: World): void {
  const revoked = world.signerKid;
  if (revoked !== null) world.hands.revoke(revoked);
  world.runFor(2 * MINUTE);
  expect(world.signerKid).not.toBe(revoked);
  expect(world.servedKids).not.toContain(revoked);
  world.hands.annotate(REQUEST.rotate, 'the last one');
  world.runFor(2 * MINUTE);
  const { ledger } = world;
  expect(ledger?.handled.rotate).toBe('the last one');
  expect(ledger === null ? null : activeKey(ledger)?.kid).toBe(world.signerKid);
  expect(world.servedKids).toContain(world.signerKid);
  const before = world.written.length;
  for (let pass = 0; pass < 5; pass += 1) world.runPass();
  expect(world.written.length - before).toBe(0);
}

const WORLD_SPEC = {
  ...FAST_SPEC,
  rotation: { ...FAST_SPEC.rotation, intervalMs: 24 * 60 * MINUTE },
};

test(
  'a ledger with any one member forged, in one place, stops neither a revocation nor a rotation',
  () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Place>('signer', 'status', 'jwks'),
        fc.nat(),
        extremes,
        fc.boolean(),
        (place, pathIndex, value, isLater) => {
          const world = worldWith(WORLD_SPEC);
          world.runFor(20_000);
          const text = forged(world, pathIndex, value, isLater);
          if (text === null) throw new Error('there is a ledger');
          // A ledger that could be real and is the newest says what it says.
          const read = readLedger(text);
          fc.pre(read.kind !== 'Newer' && !(isLater && isCredible(world, text)));
          put(world, place, text);
          carriesOn(world);
          expect(unreadable(world)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  },
  TIMEOUT_MS,
);

/** Within all bounds, and without an instant that lies far ahead. */
function isCredible({ nowMs }: World, text: string): boolean {
  const read = readLedger(text);
  if (read.kind !== 'Ledger') return false;
  return !/:2(?:49|50)\d{12}\b/.test(text) || nowMs > INSTANT_MAX_MS / 2;
}

test(
  'a ledger with any one member forged, in all places, never leads to one that cannot be read',
  () => {
    fc.assert(
      fc.property(fc.nat(), extremes, fc.boolean(), (pathIndex, value, isLater) => {
        const world = worldWith(WORLD_SPEC);
        world.runFor(20_000);
        const text = forged(world, pathIndex, value, isLater);
        if (text === null) throw new Error('there is a ledger');
        fc.pre(readLedger(text).kind !== 'Newer');
        for (const place of ['signer', 'status', 'jwks'] as const) put(world, place, text);
        const found: string[] = [];
        world.onWritten = ({ ledger }) => {
          if (ledger === null || ledger.generation === readGeneration(text)) return;
          const after = readLedger(serializeLedger(ledger));
          if (after.kind !== 'Ledger') found.push(JSON.stringify(after));
        };
        world.runFor(MINUTE);
        expect(found).toEqual([]);
      }),
      { numRuns: 50 },
    );
  },
  TIMEOUT_MS,
);

function readGeneration(text: string): number | null {
  const read = readLedger(text);
  return read.kind === 'Ledger' ? read.ledger.generation : null;
}

/** No JWKS could prove that the key is gone: it would be written for ever, and no key destroyed. */
test.each([2 ** 53 - 1, GENERATION_MAX, GENERATION_MAX / 2, 99])(
  'a ledger that bars a key with the generation %d does not count',
  (generation) => {
    const world = worldWith(WORLD_SPEC);
    world.runFor(20_000);
    world.hands.annotate(REQUEST.rotate, 'r');
    world.runFor(5_000);
    const { ledger } = world;
    const retiring = ledger?.keys.findIndex(({ state }) => state === 'Retiring') ?? -1;
    const text = world.api.signer?.meta.annotations[ANNOTATION.ledger];
    if (ledger === null || retiring < 0 || text === undefined) throw new Error('a key retires');
    const bar = { generation, reason: 'Retired', removedSeenMs: null };
    const barred = withMember(text, `keys.${retiring}.bar`, bar);
    put(world, 'signer', withMember(barred, 'generation', ledger.generation + 1));
    carriesOn(world);
    expect(world.ledger?.tombstones.map(({ kid }) => kid)).toContain(ledger.keys[retiring]?.kid);
  },
);

// The standby is waited for until then, or a copy would never be newer.
test.each(['keys.1.publishedSeenMs', 'keys.0.activatedMs', 'epochMs'])(
  'a ledger with %s in the far future does not count beside its copies',
  (name) => {
    const world = worldWith(WORLD_SPEC);
    world.runFor(20_000);
    const text = world.api.signer?.meta.annotations[ANNOTATION.ledger];
    if (text === undefined || world.ledger === null) throw new Error('there is a ledger');
    const later = withMember(text, 'generation', world.ledger.generation + 1);
    put(world, 'signer', withMember(later, name, INSTANT_MAX_MS));
    carriesOn(world);
  },
);

test('what kubectl apply keeps of a Secret goes, and everything else on it stays', () => {
  const world = worldWith(WORLD_SPEC);
  world.runFor(20_000);
  const pem = Buffer.from(`-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n`).toString('base64');
  const kept = 'kubectl.kubernetes.io/last-applied-configuration';
  world.hands.annotateSigner(
    kept,
    JSON.stringify({ kind: 'Secret', data: { 'private.pem': pem } }),
  );
  world.hands.annotateSigner('team', 'payments');
  world.settle();
  expect(world.api.signer?.meta.annotations).not.toHaveProperty([kept]);
  expect(world.api.signer?.meta.annotations).toMatchObject({ team: 'payments' });
});

describe('annotations and the status with numbers that nobody writes', () => {
  const HUGE = ['9007199254740991', '999999999999999', '285000000000001', '-1', '1e9', ''];

  test.each([
    ...HUGE.map((text) => [ANNOTATION.generation, text] as const),
    [ANNOTATION.owner, 'x'.repeat(5000)] as const,
    [ANNOTATION.appliedMetadata, JSON.stringify({ labels: new Array(300).fill('a') })] as const,
  ])('the JWKS with %s=%.20s', (name, text) => {
    const world = worldWith(WORLD_SPEC);
    world.runFor(20_000);
    world.hands.editJwksMeta((meta) => ({
      ...meta,
      annotations: { ...meta.annotations, [name]: text },
    }));
    carriesOn(world);
  });

  test.each([...HUGE, '250000000000000', '284999999999999'])(
    'a key Secret made for the epoch %s, after the ledger and all copies were lost',
    (epoch) => {
      const world = worldWith(WORLD_SPEC);
      world.runFor(20_000);
      const { meta, ...secret } = world.hands.keySecret(2);
      const annotations = { ...meta.annotations, [ANNOTATION.epoch]: epoch };
      world.api.putKeySecret({ ...secret, meta: { ...meta, annotations } });
      world.hands.annotateSigner(ANNOTATION.ledger, null);
      put(world, 'jwks', 'lost');
      world.hands.wipeStatus();
      carriesOn(world);
    },
  );

  test('terms in the status above all that a spec can declare count as the most that it can', () => {
    const world = worldWith(WORLD_SPEC);
    world.runFor(20_000);
    const { api } = world;
    if (api.set === null) throw new Error('there is a set');
    const terms = { ...api.set.status?.terms, tokenTTL: '99999h99999h99999h99999h' };
    api.set = { ...api.set, status: { ...api.set.status, terms } };
    world.settle();
    // It was declared, and lowered to what the spec says.
    const [lowered] = world.ledger?.terms.lowered ?? [];
    expect(lowered?.terms.tokenTtlMs).toBe(8760 * 3_600_000);
    expect(unreadable(world)).toEqual([]);
  });

  test('a key Secret of the highest ordinal that is taken in', () => {
    const world = worldWith(WORLD_SPEC);
    world.runFor(20_000);
    const secret = world.hands.keySecret(2);
    world.api.deleteKeySecret(secret.meta.name);
    const meta = { ...secret.meta, name: 'payments-key-999999999' };
    world.api.putKeySecret({ ...secret, meta, ordinal: 999_999_999 });
    world.hands.annotateSigner(ANNOTATION.ledger, null);
    put(world, 'jwks', 'lost');
    world.hands.wipeStatus();
    carriesOn(world);
    expect(world.ledger?.nextOrdinal).toBeGreaterThan(999_999_999);
  });
});
