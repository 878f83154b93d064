import { describe, expect, test } from 'vitest';
import { ANNOTATION, LABEL, MANAGER, REQUEST } from '../../../src/core/formats/names.ts';
import type { ObservedLedgers } from '../../../src/core/reading/ledgers.ts';
import type { ObjectMeta, Observed } from '../../../src/core/reading/model.ts';
import {
  believedLedgers,
  formatOwner,
  isProtectedConfigMap,
  isProtectedSecret,
  judgeOwnership,
  metadataPatch,
  parseOwner,
  patchChanges,
} from '../../../src/core/reading/ownership.ts';
import { ledgerOf, rotatedWorld } from '../../support/core-world/states.ts';

const HOME = { namespace: 'auth', name: 'payments', uid: 'uid-1' };

function metaWith(
  annotations: Record<string, string>,
  labels: Record<string, string> = {},
): ObjectMeta {
  return { name: 'x', uid: 'u', resourceVersion: '1', labels, annotations };
}

/** What the JWKS is judged to be when its owner annotation is this. */
function judged(owner: string | null, change: (observed: Observed) => Observed = (same) => same) {
  const world = rotatedWorld();
  world.hands.editJwksMeta((meta) => {
    const { [ANNOTATION.owner]: _, ...rest } = meta.annotations;
    return { ...meta, annotations: owner === null ? rest : { ...rest, [ANNOTATION.owner]: owner } };
  });
  const observed = change(world.observe());
  return judgeOwnership(observed, [ledgerOf(world)]).jwks;
}

describe('an object is', () => {
  const elsewhere = formatOwner({ namespace: 'old', name: 'keys', uid: 'far' });
  const adopting = (uid: string) => (observed: Observed) => ({
    ...observed,
    set: { ...observed.set, annotations: { [REQUEST.adopt]: uid } },
  });
  const withKid = (kid: string) => (observed: Observed) => ({
    ...observed,
    jwks:
      observed.jwks === null
        ? null
        : {
            ...observed.jwks,
            data: {
              'jwks.json': (observed.jwks.data['jwks.json'] ?? '').replace('"k3"', `"${kid}"`),
            },
          },
  });

  test.each<[string, string, ReturnType<typeof judged>]>([
    ['own, by namespace, name and UID', formatOwner(HOME), 'Own'],
    [
      'adopted by name, from an earlier set',
      formatOwner({ ...HOME, uid: 'before' }),
      'AdoptedByName',
    ],
    ['foreign, from another name', formatOwner({ ...HOME, name: 'other' }), 'Foreign'],
    ['foreign, from another namespace', formatOwner({ ...HOME, namespace: 'other' }), 'Foreign'],
    ['adopted by its kids, if its annotation is garbled', 'nonsense', 'AdoptedByKids'],
    [
      'adopted by its kids, if its annotation lacks a member',
      '{"namespace":"auth"}',
      'AdoptedByKids',
    ],
  ])('%s', (_, owner, expected) => {
    expect(judged(owner)).toBe(expected);
  });

  test('adopted by its kids, if all of them are known, ended ones too', () => {
    expect(judged(null)).toBe('AdoptedByKids');
  });

  test('unmarked, if it has nothing of ours, and all of its kids are known', () => {
    const bare = (observed: Observed) => {
      const jwks = observed.jwks && { ...observed.jwks, meta: metaWith({}) };
      return { ...observed, jwks };
    };
    expect(judged(null, bare)).toBe('Unmarked');
  });

  test('foreign under a reserved name, whatever it says', () => {
    const renamed = (observed: Observed) => {
      const { jwks } = observed;
      return { ...observed, jwks: jwks && { ...jwks, meta: { ...jwks.meta, name: 'coredns' } } };
    };
    expect(judged(formatOwner(HOME), renamed)).toBe('Foreign');
  });

  test('foreign, if one of its kids is not known', () => {
    expect(judged(null, withKid('stranger'))).toBe('Foreign');
  });

  test('adopted, if the set names the old UID, and only that one', () => {
    expect(judged(elsewhere, adopting('far'))).toBe('AdoptedByRequest');
    expect(judged(elsewhere, adopting('near'))).toBe('Foreign');
  });

  test('foreign, if the set names the UID of a set that still lives', () => {
    const living = (observed: Observed) => {
      const asked = adopting('far')(observed);
      return { ...asked, set: { ...asked.set, livingAdoptee: 'far' } };
    };
    expect(judged(elsewhere, living)).toBe('Foreign');
  });

  test('foreign, if it has another Secret type', () => {
    const world = rotatedWorld();
    world.hands.editSigner((signer) => ({ ...signer, typeFits: false }));
    expect(judgeOwnership(world.observe(), [ledgerOf(world)]).signer).toBe('Foreign');
  });
});

describe('the ledgers that are believed are', () => {
  const OTHERS = formatOwner({ namespace: 'old', name: 'keys', uid: 'far' });
  type Change = (observed: Observed) => Partial<Observed>;
  const metaOf = (meta: ObjectMeta, change: Partial<ObjectMeta>) => ({ ...meta, ...change });
  const jwksMeta =
    (change: (meta: ObjectMeta) => Partial<ObjectMeta>): Change =>
    ({ jwks }) => ({ jwks: jwks && { ...jwks, meta: metaOf(jwks.meta, change(jwks.meta)) } });
  const signerMeta =
    (change: (meta: ObjectMeta) => Partial<ObjectMeta>): Change =>
    ({ signer }) => ({
      signer: signer && { ...signer, meta: metaOf(signer.meta, change(signer.meta)) },
    });
  const owned =
    (owner: string) =>
    ({ annotations }: ObjectMeta) => ({
      annotations: { ...annotations, [ANNOTATION.owner]: owner },
    });
  const unowned = ({ annotations: { [ANNOTATION.owner]: _, ...annotations } }: ObjectMeta) => ({
    annotations,
  });

  test.each<[string, Change, (keyof ObservedLedgers)[]]>([
    ['all, on objects of the set', () => ({}), ['signer', 'status', 'jwks']],
    [
      'not that of a JWKS without any mark',
      jwksMeta(() => ({ labels: {}, annotations: {} })),
      ['signer', 'status'],
    ],
    [
      'that of a JWKS that lost only its label',
      jwksMeta(() => ({ labels: {} })),
      ['signer', 'status', 'jwks'],
    ],
    ['that of a JWKS that lost only its owner', jwksMeta(unowned), ['signer', 'status', 'jwks']],
    ['not that of another set’s JWKS', jwksMeta(owned(OTHERS)), ['signer', 'status']],
    [
      'not that of a JWKS under a reserved name',
      jwksMeta(() => ({ name: 'kube-root-ca.crt' })),
      ['signer', 'status'],
    ],
    ['not that of another set’s signer', signerMeta(owned(OTHERS)), ['status', 'jwks']],
    [
      'not that of a signer under a reserved name',
      signerMeta(() => ({ name: 'bootstrap-token-x' })),
      ['status', 'jwks'],
    ],
    [
      'not that of a Secret of another type',
      ({ signer }) => ({ signer: signer && { ...signer, typeFits: false } }),
      ['status', 'jwks'],
    ],
    [
      'not that of a JWKS without owner that shows a stranger’s key',
      (observed) => {
        const { jwks = null } = jwksMeta(unowned)(observed);
        const text = observed.jwks?.data['jwks.json'] ?? '';
        return {
          jwks: jwks && { ...jwks, data: { 'jwks.json': text.replace('"k3"', '"stranger"') } },
        };
      },
      ['signer', 'status'],
    ],
  ])('%s', (_, change, expected) => {
    const observed = rotatedWorld().observe();
    const believed = believedLedgers({ ...observed, ...change(observed) });
    const found = Object.entries(believed).filter(([, read]) => read !== null);
    expect(found.map(([where]) => where)).toEqual(expected);
  });

  test('none beside a JWKS that vouches for itself: no mark, no owner, and a ledger that knows its key', () => {
    const observed = rotatedWorld().observe();
    const jwks = observed.jwks && { ...observed.jwks, meta: metaWith({}) };
    const ledgers = { signer: null, status: null, jwks: observed.ledgers.jwks };
    const found = { ...observed, signer: null, keySecrets: [], jwks, ledgers };
    expect(believedLedgers(found)).toEqual({ signer: null, status: null, jwks: null });
    expect(judgeOwnership(found, []).jwks).toBe('Foreign');
  });
});

describe('protected is', () => {
  test.each<[string, ObjectMeta, boolean]>([
    ['a ConfigMap with our label', metaWith({}, { [LABEL.set]: 'other' }), true],
    ['one with our owner annotation', metaWith({ [ANNOTATION.owner]: '' }), true],
    [
      'one with a name under our prefix that no operator knows yet',
      metaWith({ 'signingkeys.dev/new': '' }),
      true,
    ],
    [
      'none without',
      metaWith({ 'example.com/signingkeys.dev': '' }, { [LABEL.managedBy]: MANAGER }),
      false,
    ],
    [
      'none under a reserved name',
      { ...metaWith({}, { [LABEL.set]: 'x' }), name: 'coredns' },
      false,
    ],
  ])('%s', (_, meta, expected) => {
    expect(isProtectedConfigMap({ meta })).toBe(expected);
  });

  test.each([
    ['payments-signer', true, true],
    ['payments-signer', false, false],
    ['default-token-signer', true, false],
  ])('Secret %s, of our type: %s', (name, typeFits, expected) => {
    expect(isProtectedSecret({ meta: { name }, typeFits })).toBe(expected);
  });
});

const LONG = 'a'.repeat(254);

test.each([
  ...['', 'x', 'null', '[]', '{}', '{"namespace":1,"name":"a","uid":"b"}'],
  ...['{"namespace":"","name":"a","uid":"b"}', '{"namespace":"a","name":"b\\nc","uid":"b"}'],
  `{"namespace":"${LONG}","name":"a","uid":"b"}`,
  `{"namespace":"a","name":"${LONG}","uid":"b"}`,
  `{"namespace":"a","name":"a","uid":"${LONG}"}`,
])('%j names no owner', (text) => {
  expect(parseOwner(metaWith({ [ANNOTATION.owner]: text }))).toBeNull();
});

describe('labels and annotations', () => {
  const template = { name: 'x', labels: { team: 'a' }, annotations: { note: 'b' } };
  const patch = metadataPatch(HOME, null, template, {});
  const applied = Object.fromEntries(
    Object.entries(patch.annotations).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    ),
  );
  const own = {
    [LABEL.managedBy]: MANAGER,
    [LABEL.set]: 'payments',
    [LABEL.setUid]: HOME.uid,
  };
  const labels = { team: 'a', ...own };

  test('of the template are added to ours', () => {
    expect(patch.labels).toEqual(labels);
    expect(patch.annotations).toMatchObject({ note: 'b', [ANNOTATION.owner]: formatOwner(HOME) });
  });

  test('change nothing if all are there; one that is missing or different does', () => {
    expect(patchChanges(metaWith(applied, labels), patch)).toBe(false);
    expect(patchChanges(metaWith(applied, { ...labels, more: 'x' }), patch)).toBe(false);
    expect(patchChanges(metaWith(applied, { ...labels, team: 'b' }), patch)).toBe(true);
    expect(patchChanges(metaWith({}, labels), patch)).toBe(true);
  });

  test('that left the template are removed, those of others stay', () => {
    const meta = metaWith(applied, { ...labels, more: 'x' });
    const next = metadataPatch(HOME, meta, { name: 'x', labels: {}, annotations: {} }, {});
    expect(next.labels['team']).toBeNull();
    expect(next.annotations['note']).toBeNull();
    expect(next.labels).not.toHaveProperty('more');
    expect(next.annotations[ANNOTATION.appliedMetadata]).toBeNull();
  });

  test('of ours are never removed, whatever someone wrote', () => {
    const forged = JSON.stringify({
      labels: [LABEL.managedBy, 'team'],
      annotations: [ANNOTATION.ledger, 7],
    });
    const meta = metaWith({ [ANNOTATION.appliedMetadata]: forged });
    const next = metadataPatch(HOME, meta, null, {});
    expect(next.labels).toEqual({ team: null, ...own });
    expect(next.annotations).not.toHaveProperty(ANNOTATION.ledger);
  });
});
