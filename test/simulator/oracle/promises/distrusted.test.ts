import { expect, test } from 'vitest';
import type { JsonObject } from '../../../fake-api/json/json.ts';
import { HAND } from '../../record/history.ts';
import {
  FIRST_KEY,
  type Move,
  NEXT_KEY,
  OPERATOR as OP,
  timeAt,
  violationsOf,
} from '../small-history.ts';

// `a` leaves at 40: P 2 + H 0 + D 5 later, at 47, the last verifier lets go of it. A clock that is
// S/2 ahead must not find it trusted either: 47.5 is the first time that can be announced.
const REMOVED: readonly Move[] = [
  ...FIRST_KEY,
  ...NEXT_KEY,
  [27, OP, 'signer', 'b'],
  [40, OP, 'jwks', 'b'],
];

function announcing(seconds: number | null): JsonObject {
  const time = seconds === null ? {} : { distrustedByTime: timeAt(seconds) };
  return { keys: [{ ordinal: 1, kid: 'a', state: 'Retired', algorithm: 'ES256', ...time }] };
}

test.each<[string, readonly Move[], readonly number[]]>([
  ['the time is right', [[41, OP, 'status', announcing(47.5)]], []],
  ['it is too early', [[41, OP, 'status', announcing(47.4)]], [46.9]],
  ['it is already past when it is announced', [[42, OP, 'status', announcing(41)]], [42]],
  [
    'a later announcement comes in time',
    [
      [41, OP, 'status', announcing(44)],
      [43, OP, 'status', announcing(48)],
    ],
    [],
  ],
  [
    'it comes too late',
    [
      [41, OP, 'status', announcing(44)],
      [45, OP, 'status', announcing(48)],
    ],
    [43.5],
  ],
  ['nothing is announced', [[41, OP, 'status', announcing(null)]], []],
  ['someone announces it', [[41, HAND, 'status', announcing(44)]], []],
  [
    'someone puts the key back: until it is out again nobody can know',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [61, OP, 'status', announcing(null)],
      [61, OP, 'jwks', 'b'],
      [62, OP, 'status', announcing(68.5)],
    ],
    [],
  ],
  [
    'but then the time counts from there',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [61, OP, 'jwks', 'b'],
      [62, OP, 'status', announcing(48)],
    ],
    [62],
  ],
  [
    'someone takes it away again before an operator did anything: nobody can ever know',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [61, HAND, 'jwks', '!'],
      [70, OP, 'jwks', 'b'],
      [71, OP, 'status', announcing(48)],
    ],
    [],
  ],
  [
    'or the whole ConfigMap',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [61, HAND, 'jwks', null],
      [70, OP, 'jwks', 'b'],
      [71, OP, 'status', announcing(48)],
    ],
    [],
  ],
  [
    'though an operator has renewed its lease meanwhile, for which it looks at nothing else',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [60.5, OP, 'leases/lease', {}],
      [61, HAND, 'jwks', '!'],
      [70, OP, 'jwks', 'b'],
      [71, OP, 'status', announcing(48)],
    ],
    [],
  ],
  [
    'but an operator was at work meanwhile',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [60.5, OP, 'events/event', {}],
      [61, HAND, 'jwks', '!'],
      [70, OP, 'jwks', 'b'],
      [71, OP, 'status', announcing(48)],
    ],
    [71],
  ],
  [
    'and it is an operator that takes it away',
    [
      [41, OP, 'status', announcing(48)],
      [60, HAND, 'jwks', 'a b'],
      [70, OP, 'jwks', 'b'],
      [71, OP, 'status', announcing(48)],
    ],
    [71],
  ],
  [
    'an operator puts it back',
    [
      [41, OP, 'status', announcing(48)],
      [60, OP, 'jwks', 'a b'],
    ],
    [60],
  ],
  [
    'it never leaves',
    [
      [39, OP, 'status', announcing(48)],
      [40, OP, 'jwks', 'a b'],
    ],
    [47.5],
  ],
])('%s', (_, moves, brokenAt) => {
  const found = violationsOf([...REMOVED, ...moves], 'P2');
  expect(found.map(({ atSeconds }) => atSeconds)).toEqual(brokenAt);
});

const restarting = (...names: string[]): JsonObject => ({
  keys: [
    {
      ordinal: 1,
      kid: 'a',
      state: 'Retired',
      algorithm: 'ES256',
      removedTime: timeAt(40),
      ...(names.length === 0 ? {} : { restartRequired: names }),
    },
  ],
});

/** The verifiers are declared before the key leaves. */
function listing(...presets: readonly string[]): Move {
  const verifiers = presets.map((preset) => ({ name: preset, preset }));
  return [10, HAND, 'set', { rotation: { interval: '720h' }, verifiers }];
}

// A preset is what it was measured to be, whatever the operator's table says. `get-jwks` keeps
// using a key from its stale cache for a second minute: P 2 + D 120 after 40, and S/2.
test.each<[string, readonly Move[], readonly number[]]>([
  ['a stale cache: in time', [listing('get-jwks'), [41, OP, 'status', announcing(162.5)]], []],
  [
    'a stale cache: as long as it caches is not enough',
    [listing('get-jwks'), [41, OP, 'status', announcing(102.5)]],
    [102],
  ],
  [
    'a slower one counts',
    [listing('get-jwks', 'nimbus'), [41, OP, 'status', announcing(200)]],
    [199.5],
  ],
  [
    'one that forgets nothing: whatever is announced is wrong at once',
    [listing('get-jwks', 'go-oidc'), [41, OP, 'status', announcing(9_000)]],
    [41],
  ],
  [
    'it is declared while the trust lasts, and the time is taken back',
    [
      listing('get-jwks'),
      [41, OP, 'status', announcing(162.5)],
      [100, HAND, 'set', { verifiers: [{ name: 'new', preset: 'go-oidc' }] }],
      [101, OP, 'status', restarting('new')],
    ],
    [],
  ],
  [
    'or it is not',
    [
      listing('get-jwks'),
      [41, OP, 'status', announcing(162.5)],
      [100, HAND, 'set', { verifiers: [{ name: 'new', preset: 'go-oidc' }] }],
      [101, OP, 'status', announcing(163)],
    ],
    [101],
  ],
  [
    'it is named',
    [listing('go-oidc', 'kong'), [41, OP, 'status', restarting('go-oidc', 'kong')]],
    [],
  ],
  ['one of two is not', [listing('go-oidc', 'kong'), [41, OP, 'status', restarting('kong')]], [41]],
  ['nobody is', [listing('go-oidc'), [41, OP, 'status', restarting()]], [41]],
  ['someone forgets to', [listing('go-oidc'), [41, HAND, 'status', restarting()]], []],
  ['there is nobody to name', [listing('nimbus'), [41, OP, 'status', restarting()]], []],
  [
    'it is declared when the trust has ended',
    [
      listing('get-jwks'),
      [41, OP, 'status', announcing(162.5)],
      [170, HAND, 'set', { verifiers: [{ name: 'new', preset: 'go-oidc' }] }],
    ],
    [],
  ],
])('verifiers that are listed: %s', (_, moves, brokenAt) => {
  const [declared, ...rest] = moves;
  if (declared === undefined) throw new Error('nothing is declared');
  const all = [declared, ...REMOVED, ...rest].sort(([a], [b]) => a - b);
  const found = violationsOf(all, 'P2', 400);
  expect(found.map(({ atSeconds }) => atSeconds)).toEqual(brokenAt);
});
