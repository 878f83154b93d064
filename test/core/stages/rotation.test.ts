import { describe, expect, test } from 'vitest';
import { ANNOTATION, REQUEST } from '../../../src/core/formats/names.ts';
import { trustAfterRemovalMs } from '../../../src/core/ledger/terms.ts';
import type { Step } from '../../../src/core/reading/model.ts';
import { HELD } from '../../support/core-world/api.ts';
import { FAST_SPEC, kindOfAlgorithm, SECOND } from '../../support/core-world/fixtures.ts';
import { ledgerOf, rotatedWorld, stepsUntilRest } from '../../support/core-world/states.ts';
import { START_MS, type World, worldWith } from '../../support/core-world/world.ts';

/** The first step with this code from now on, and when it is taken, in seconds. */
function firstStep(world: World, code: string): { readonly step: Step; readonly at: number } {
  const before = world.written.length;
  world.runFor(60 * SECOND);
  const found = world.written.slice(before).find(({ step }) => step.reason.code === code);
  if (found === undefined) throw new Error(`there was no step ${code}`);
  return { step: found.step, at: (found.atMs - START_MS) / SECOND };
}

/** Just created: #1 signs, #2 is published and its gate is closed until 8 s. */
function youngWorld(): World {
  const world = worldWith(FAST_SPEC);
  world.settle();
  return world;
}

function editC(world: World): void {
  world.hands.editSpec((spec) => ({
    ...spec,
    terms: { ...spec.terms, verifierCacheTtlMs: 45 * SECOND },
  }));
}

describe('the switch', () => {
  test.each<[string, (world: World) => void, number]>([
    ['comes when it is due', () => undefined, 30],
    ['comes once the gate is open, if it is requested', request, 8],
    ['waits for a C that was raised', editC, 48],
    [
      'waits again once someone else changed the JWKS',
      (world) => {
        request(world);
        world.runFor(5 * SECOND);
        world.hands.editJwksFile('serve.json', '{}');
      },
      13,
    ],
    [
      'waits until the rotation is no longer suspended',
      (world) => {
        suspend(world, true);
        world.runFor(40 * SECOND);
        suspend(world, false);
      },
      40,
    ],
  ])('%s', (_, disturb, at) => {
    const world = youngWorld();
    disturb(world);
    expect(firstStep(world, 'Activate').at).toBe(at);
    expect(world.refused).toEqual([]);
  });

  function request({ hands }: World): void {
    hands.annotate(REQUEST.rotate, 'now');
  }

  function suspend({ hands }: World, value: boolean): void {
    hands.editSpec((spec) => ({ ...spec, rotation: { ...spec.rotation, suspend: value } }));
  }

  test('is one write of ledger and signing key, judged on a second reading', () => {
    const { step } = firstStep(youngWorld(), 'Activate');
    expect(step.guarded).toBe(true);
    expect(step.write).toMatchObject({
      kind: 'WriteSigner',
      source: { from: 'keySecret', kid: 'k2', name: 'payments-key-2' },
    });
    expect(step.reason.message).toBe('Key #2 signs from now on; key #1 no longer signs');
  });
});

const OWNER_BEFORE = '{"namespace":"auth","name":"payments","uid":"uid-of-before"}';

/** The key Secret #4 has another value of an annotation, or none. */
function reannotated(name: string, value: string | undefined) {
  return ({ api, hands }: World): void => {
    const secret = hands.keySecret(4);
    const { [name]: _, ...rest } = secret.meta.annotations;
    const annotations = value === undefined ? rest : { ...rest, [name]: value };
    api.putKeySecret({ ...secret, meta: { ...secret.meta, annotations } });
  };
}

const MADE_FOR_ANOTHER_LEDGER: readonly [string, (world: World) => void, string][] = [
  ['of an earlier set of this name', reannotated(ANNOTATION.owner, OWNER_BEFORE), 'Superseded'],
  ['made for a ledger that was lost since', reannotated(ANNOTATION.epoch, '1'), 'Superseded'],
  ['made for no ledger', reannotated(ANNOTATION.epoch, undefined), 'Superseded'],
];

describe('the next key', () => {
  const labels = (world: World) => {
    const { labels: own, annotations } = world.hands.keySecret(2).meta;
    return { labels: own, annotations: { ...annotations, [ANNOTATION.ordinal]: '4' } };
  };

  test('is one whose Secret is there already, if the set can use it', () => {
    const world = rotatedWorld();
    world.hands.plantKeySecret(4, 'k9', labels(world));
    const before = world.written.length;
    world.runUntil(START_MS + 62 * SECOND);
    const codes = world.written.slice(before).map(({ step }) => step.reason.code);
    expect(codes).toContain('AddKey');
    expect(codes).not.toContain('CreateKey');
    expect(world.servedKids).toEqual(['k2', 'k3', 'k9']);
  });

  test('is never one whose Secret is being deleted: another one is made', () => {
    const world = rotatedWorld();
    world.hands.plantKeySecret(4, 'k9', labels(world));
    const secret = world.hands.keySecret(4);
    world.api.putKeySecret({ ...secret, meta: { ...secret.meta, deleting: HELD } });
    world.runUntil(START_MS + 62 * SECOND);
    expect(world.servedKids).toHaveLength(3);
    expect(world.servedKids).not.toContain('k9');
    expect(ledgerOf(world).keys.at(-1)).toMatchObject({ ordinal: 5, state: 'Pending' });
  });

  test.each<[string, (world: World) => void, string]>([
    [
      'of another kind',
      (world) => {
        const secret = world.hands.keySecret(4);
        if (secret.content.kind !== 'Key') return;
        const content = { ...secret.content, keyKind: kindOfAlgorithm('RS256') };
        world.api.putKeySecret({ ...secret, content });
      },
      'Superseded',
    ],
    ['that is revoked', ({ hands }) => hands.revoke('k9'), 'Revoked'],
    [
      'under a kid that is not its thumbprint',
      (world) => {
        const secret = world.hands.keySecret(4);
        if (secret.content.kind !== 'Key') return;
        world.api.putKeySecret({
          ...secret,
          content: { ...secret.content, kidIsThumbprint: false },
        });
      },
      'Superseded',
    ],
    ['made for another ordinal', reannotated(ANNOTATION.ordinal, '2'), 'Superseded'],
    ...MADE_FOR_ANOTHER_LEDGER,
  ])('is never one %s: that one ends, and its private key is destroyed', (_, disturb, reason) => {
    const world = rotatedWorld();
    world.hands.plantKeySecret(4, 'k9', labels(world));
    disturb(world);
    const codes = stepsUntilRest(world);
    expect(codes).toContain('BuryOrphan');
    expect(ledgerOf(world).tombstones).toMatchObject([{ kid: 'k9', reason }]);
    expect([...world.api.keySecrets.keys()]).not.toContain('payments-key-4');
    expect(world.servedKids).not.toContain('k9');
  });

  test.each(MADE_FOR_ANOTHER_LEDGER)(
    'may have been published if it is one %s: verifiers trust it for P + H + D + S more',
    (_, disturb) => {
      const world = rotatedWorld();
      world.hands.plantKeySecret(4, 'k9', labels(world));
      disturb(world);
      stepsUntilRest(world);
      const trustMs = trustAfterRemovalMs(FAST_SPEC.terms);
      expect(ledgerOf(world).tombstones).toMatchObject([{ kid: 'k9', trustMs }]);
    },
  );

  test('gets an ordinal that no Secret has, not even one of someone else', () => {
    const world = rotatedWorld();
    const owner = '{"namespace":"a","name":"b","uid":"c"}';
    const annotations = { [ANNOTATION.owner]: owner };
    world.hands.plantKeySecret(4, 'stranger', { labels: {}, annotations });
    const { step } = firstStep(world, 'CreateKey');
    expect(step.write).toMatchObject({ kind: 'CreateKeySecret', ordinal: 5 });
  });
});

describe('the bar', () => {
  test('comes at the removal gate: 30 s, Ps 2s and S 1s until the list counts, T 8s, L 1s, 2S 2s', () => {
    const { step, at } = firstStep(rotatedWorld(), 'Bar');
    expect(at).toBe(44);
    expect(step.guarded).toBe(true);
    expect(step.write).toMatchObject({ kind: 'WriteSigner', source: { from: 'unchanged' } });
    expect(step.reason.message).toMatch(
      /^Key #1 leaves the JWKS: its last token has expired \(no issuer has signed with .*\)$/,
    );
  });

  test('names why: a pending key whose Secret is lost goes at once', () => {
    const world = rotatedWorld();
    world.hands.deleteKeySecret(3);
    const { step, at } = firstStep(world, 'Bar');
    expect(at).toBe(35);
    expect(step.reason.message).toBe(
      'Key #3 leaves the JWKS: its private key is lost (it never signed, so it leaves at once)',
    );
  });
});
