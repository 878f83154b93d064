/** What could leave a set stuck: key Secrets that are copied, swapped or held, and hands that fight. */
import fc from 'fast-check';
import { ALGORITHMS } from '../../../src/core/formats/spec.ts';
import type { ObservedKeySecret } from '../../../src/core/reading/model.ts';
import { kindOfAlgorithm } from './fixtures.ts';
import { harmMoves, harshMoves, type Make, type Move, moved, userMoves } from './moves.ts';
import type { World } from './world.ts';

type Named = readonly [string, Make];

const algorithm: fc.Arbitrary<Named> = fc
  .constantFrom(...ALGORITHMS)
  .map((wanted): Named => [`algorithm ${wanted}`, (world) => ask(world, wanted)]);

const fights: fc.Arbitrary<Named> = fc.shuffledSubarray([...ALGORITHMS], { minLength: 6 }).map(
  (wanted): Named => [
    `a fight over ${wanted.join(', ')}`,
    (world) => {
      for (const each of wanted) {
        ask(world, each);
        world.settle();
      }
    },
  ],
);

function ask(world: World, wanted: (typeof ALGORITHMS)[number]): void {
  world.hands.editSpec((spec) => ({ ...spec, kind: kindOfAlgorithm(wanted) }));
}

const losses: fc.Arbitrary<Named> = fc.integer({ min: 2, max: 12 }).map(
  (times): Named => [
    `the pending key’s Secret is deleted ${times} times`,
    (world) => {
      for (let time = 0; time < times; time += 1) {
        const pending = world.ledger?.keys.find(({ state }) => state === 'Pending');
        const { keySecrets } = world.api;
        const secret = [...keySecrets.values()].find(({ ordinal }) => ordinal === pending?.ordinal);
        if (secret !== undefined) world.api.deleteKeySecret(secret.meta.name);
        world.settle();
      }
    },
  ],
);

/** From the next ordinal on, or far beyond, or one that is over. */
const places = fc.constantFrom(0, 1, 3, -1, -2, 999_999_990, 999_999_999_999_990);

const copies: fc.Arbitrary<Named> = fc.tuple(fc.nat(5), places).map(
  ([index, place]): Named => [
    `key Secret ${index} is copied to ${place}`,
    (world) => {
      const secret = secretAt(world, index);
      if (secret !== null) put(world, place, secret);
    },
  ],
);

const plants: fc.Arbitrary<Named> = fc.tuple(places, fc.boolean(), fc.nat(1_000_000)).map(
  ([place, isOurs, id]): Named => [
    `a ${isOurs ? 'new' : 'foreign'} key Secret at ${place}`,
    (world) => {
      const like = secretAt(world, 0);
      const ordinal = ordinalAt(world, place);
      if (like === null || isTaken(world, ordinal)) return;
      const { labels, annotations } = like.meta;
      const metadata = isOurs ? { labels, annotations } : { labels: {}, annotations: {} };
      world.hands.plantKeySecret(ordinal, `p${id}`, metadata);
    },
  ],
);

const swaps: fc.Arbitrary<Named> = fc.tuple(fc.nat(5), fc.nat(5)).map(
  ([to, from]): Named => [
    `key Secret ${to} holds what ${from} does`,
    (world) => {
      const [target, source] = [secretAt(world, to), secretAt(world, from)];
      if (target === null || source === null) return;
      world.hands.restoreKeySecret({ ...target, content: source.content });
    },
  ],
);

const breaks: fc.Arbitrary<Named> = fc.nat(5).map(
  (index): Named => [
    `key Secret ${index} holds no key`,
    (world) => {
      const secret = secretAt(world, index);
      const content = { kind: 'Broken', problem: 'it is empty' } as const;
      if (secret !== null) world.hands.restoreKeySecret({ ...secret, content });
    },
  ],
);

const switches: fc.Arbitrary<Named> = fc.oneof(
  fc.boolean().map(
    (on): Named => [
      `finalizers ${on}`,
      ({ api }) => {
        api.held = on ? ['DeleteKeySecret'] : [];
      },
    ],
  ),
  fc.boolean().map(
    (on): Named => [
      `a CRD without status.ledger ${on}`,
      (world) => {
        world.losesStatusLedger = on;
      },
    ],
  ),
  fc.boolean().map(
    (on): Named => [
      `a pod that holds keys ${on}`,
      ({ api }) => {
        const pod = { pod: 'a', readsBy: 'Env', sinceMs: 0, workload: null } as const;
        api.pods = { kind: 'Read', readOnce: on ? [pod] : [], more: 0 };
      },
    ],
  ),
);

function secretAt({ api }: World, index: number): ObservedKeySecret | null {
  const secrets = [...api.keySecrets.values()];
  return secrets[index % Math.max(1, secrets.length)] ?? null;
}

function ordinalAt({ ledger }: World, place: number): number {
  return Math.max(1, (ledger?.nextOrdinal ?? 1) + place);
}

function isTaken({ api }: World, ordinal: number): boolean {
  return [...api.keySecrets.values()].some((secret) => secret.ordinal === ordinal);
}

function put(world: World, place: number, secret: ObservedKeySecret): void {
  const ordinal = ordinalAt(world, place);
  if (isTaken(world, ordinal)) return;
  const { labels, annotations } = secret.meta;
  const meta = world.api.newMeta(`payments-key-${ordinal}`, { labels, annotations });
  world.api.putKeySecret({ ...secret, meta, ordinal });
}

export const stuckLife: fc.Arbitrary<readonly Move[]> = fc.array(
  moved(
    fc.oneof(
      fc.oneof(algorithm, fights, losses),
      fc.oneof(copies, plants, swaps, breaks),
      switches,
      userMoves,
      fc.oneof(harmMoves, harshMoves),
    ),
  ),
  { maxLength: 10 },
);
