/** Specs whose verifiers or revocations are refused, by the schema or by CEL rules. */

import { VERIFIER_PRESETS } from '../../src/core/formats/presets.ts';
import { formatDurationMs } from '../../src/core/formats/time.ts';
import { type BadSpec, byRule, bySchema, type ExpectedError, quote, tooShort } from './bad-spec.ts';

const PRESETS = Object.entries(VERIFIER_PRESETS);
const PRESET_NAMES = PRESETS.map(([name]) => name);
/** P + Ps + T + L + 3S of the good spec. */
const WITHOUT_CACHE_MS = (27 * 60 + 30) * 1000;

/** For each preset the least interval, so that the CRD is seen to know its cache lifetime. */
const PRESET_INTERVALS = PRESETS.map(([preset, { cacheTtlMs }]) => {
  const neededMs = WITHOUT_CACHE_MS + cacheTtlMs;
  const patch = (intervalMs: number) => ({
    verifierCacheTTL: null,
    verifiers: [{ name: 'gateway', preset }],
    rotation: { interval: formatDurationMs(intervalMs) },
  });
  return { preset, C: formatDurationMs(cacheTtlMs), neededMs, patch };
});

const presets: readonly BadSpec[] = PRESET_INTERVALS.map(({ preset, C, neededMs, patch }) => ({
  name: `an interval a millisecond short for ${preset}`,
  patch: patch(neededMs - 1),
  errors: [
    tooShort(
      formatDurationMs(neededMs - 1),
      formatDurationMs(neededMs),
      { C },
      'verifiers[gateway]',
    ),
  ],
}));

const noVerifier =
  'verifierCacheTTL is missing, and verifiers is empty: write the longest time that any of your ' +
  'verifiers caches the JWKS, such as 10m, or list the verifiers, each with a preset or a cacheTTL (Required)';
const missing: ExpectedError = {
  field: 'spec.verifierCacheTTL',
  code: 'Required',
  message: noVerifier,
  server: `Required value: ${noVerifier}`,
};

const caches: readonly BadSpec[] = [
  { name: 'neither verifierCacheTTL nor verifiers', patch: { verifierCacheTTL: null } },
  { name: 'an empty list of verifiers', patch: { verifierCacheTTL: null, verifiers: [] } },
  {
    name: 'no verifier and a short interval',
    patch: { verifierCacheTTL: null, rotation: { interval: '1s' } },
  },
].map((row) => ({ ...row, errors: [missing] }));

const short = { interval: '37m' };
const many = (count: number, of: object) =>
  Array.from({ length: count }, (_, i) => ({ name: `${'v'.repeat(60)}${i}`, ...of }));

const largest: readonly BadSpec[] = [
  {
    name: 'a cacheTTL larger than verifierCacheTTL',
    patch: { verifiers: [{ name: 'mobile', cacheTTL: '1h1ms' }], rotation: short },
    errors: [tooShort('37m', '1h27m30s1ms', { C: '1h1ms' }, 'verifiers[mobile]')],
  },
  {
    name: 'a verifierCacheTTL larger than all verifiers',
    patch: {
      verifiers: [
        { name: 'gateway', preset: 'go-oidc' },
        { name: 'mobile', cacheTTL: '599s' },
      ],
      rotation: short,
    },
    errors: [tooShort('37m', '37m30s')],
  },
  {
    name: 'equal caches, of which the first is named',
    patch: {
      verifierCacheTTL: '9m',
      verifiers: [
        { name: 'mobile', cacheTTL: '600s' },
        { name: 'gateway', preset: 'envoy' },
      ],
      rotation: short,
    },
    errors: [tooShort('37m', '37m30s', { C: '600s' }, 'verifiers[mobile]')],
  },
  {
    name: 'as many verifiers as a set can have, the last with the largest cache',
    patch: {
      verifiers: [...many(31, { preset: 'keyfunc' }), { name: 'last', preset: 'dotnet' }],
      rotation: short,
    },
    errors: [tooShort('37m', '13h3m30s', { C: '12h36m' }, 'verifiers[last]')],
  },
];

const oneOf: readonly BadSpec[] = [
  {
    name: 'a verifier with neither preset nor cacheTTL',
    patch: { verifierCacheTTL: null, verifiers: [{ name: 'gateway' }], rotation: short },
    errors: [
      byRule(
        'spec.verifiers[0]',
        'PresetOrCacheTTL',
        'verifiers[gateway] has neither preset nor cacheTTL: write one of the two',
      ),
    ],
  },
  {
    name: 'a verifier with both preset and cacheTTL',
    patch: {
      verifiers: [
        { name: 'mobile', cacheTTL: '1m' },
        { name: 'gateway', preset: 'envoy', cacheTTL: '1h' },
      ],
      rotation: short,
    },
    errors: [
      byRule(
        'spec.verifiers[1]',
        'PresetOrCacheTTL',
        'verifiers[gateway] has the preset envoy and the cacheTTL 1h: write only one of the two',
      ),
      tooShort('37m', '1h27m30s', { C: '1h' }, 'verifiers[gateway]'),
    ],
  },
];

const range = 'write a duration from 0s to 8760h, in h, m, s or ms, such as 1h30m';
const cacheTtls: readonly BadSpec[] = [
  ['1d', 'days are not a unit, write 24h'],
  ['1w', range],
  ['90', range],
  ['', range],
  ['-1s', range],
  ['8760h1ms', range],
].map(([text, remedy]) => ({
  name: `a verifier's cacheTTL '${text}'`,
  patch: {
    verifiers: [{ name: 'mobile', cacheTTL: text }],
    rotation: { interval: '26280h' },
  },
  errors: [
    byRule(
      'spec.verifiers[0].cacheTTL',
      'InvalidDuration',
      `verifiers[mobile].cacheTTL is '${text}': ${remedy}`,
    ),
  ],
}));

const names: readonly BadSpec[] = ['Gateway', 'a b', '-a', 'a-', 'a.b', ''].map((name) => ({
  name: `a verifier named '${name}'`,
  patch: { verifiers: [{ name, preset: 'jose' }] },
  errors: [
    byRule(
      'spec.verifiers[0].name',
      'InvalidName',
      `verifiers has the name '${name}': write lower-case letters, digits and '-', starting and ending with a letter or digit`,
      name,
    ),
  ],
}));

const kids: readonly BadSpec[] = ['ä', '😀', ''].map((kid) => ({
  name: `a revocation of ${quote(kid)}`,
  patch: { revocations: [{ kid: 'other' }, { kid }] },
  errors: [
    byRule(
      'spec.revocations[1].kid',
      'InvalidKid',
      `revocations has the kid '${kid}': write it as status.keys shows it, in 1 to 128 printable ASCII characters`,
      kid,
    ),
  ],
}));

const api = { kind: 'Deployment', name: 'api' };
const restarts: readonly BadSpec[] = [
  {
    name: 'a workload to restart named Api',
    patch: { signer: { restart: [api, { kind: 'StatefulSet', name: 'Api' }] } },
    errors: [
      byRule(
        'spec.signer.restart[1].name',
        'InvalidName',
        "signer.restart has the name 'Api': write lower-case letters, digits, '-' and '.'; each part must start and end with a letter or digit",
        'Api',
      ),
    ],
  },
  {
    name: 'a Job to restart',
    patch: { signer: { restart: [{ kind: 'Job', name: 'api' }] } },
    errors: [
      bySchema(
        'spec.signer.restart[0].kind',
        'NotSupported',
        'spec.signer.restart[0].kind is "Job": write one of Deployment, StatefulSet, DaemonSet',
        'Unsupported value: "Job": supported values: "Deployment", "StatefulSet", "DaemonSet"',
      ),
    ],
  },
  {
    name: '17 workloads to restart',
    patch: {
      signer: { restart: Array.from({ length: 17 }, (_, i) => ({ ...api, name: `a${i}` })) },
    },
    errors: [
      bySchema(
        'spec.signer.restart',
        'TooMany',
        'spec.signer.restart has 17 entries: write at most 16',
        'Too many: 17: must have at most 16 items',
      ),
    ],
  },
];

const once = (list: string, index: number, key: string, value: string) =>
  bySchema(
    `spec.${list}[${index}]`,
    'Duplicate',
    `spec.${list}[${index}] repeats the ${key} ${quote(value)}: write it only once`,
    `Duplicate value: ${JSON.stringify({ [key]: value })}`,
  );
const a = { kid: 'a' };
const b = { kid: 'b', reason: 'KeyCompromise' };
const duplicates: readonly BadSpec[] = [
  {
    name: 'two verifiers of one name',
    patch: {
      verifiers: [
        { name: 'gateway', preset: 'envoy' },
        { name: 'gateway', cacheTTL: '1m' },
      ],
    },
    errors: [once('verifiers', 1, 'name', 'gateway')],
  },
  {
    name: 'two kids that are revoked more than once',
    patch: { revocations: [a, b, { ...a, reason: 'Superseded' }, a, b] },
    errors: [once('revocations', 2, 'kid', 'a'), once('revocations', 4, 'kid', 'b')],
  },
  {
    name: 'a kid that is revoked twice along with a broken rule',
    patch: { revocations: [a, a], tokenTTL: '1d' },
    errors: [
      once('revocations', 1, 'kid', 'a'),
      byRule(
        'spec.tokenTTL',
        'InvalidDuration',
        "tokenTTL is '1d': days are not a unit, write 24h",
        '1d',
      ),
    ],
  },
  {
    name: 'a kid that is revoked twice along with a broken structure',
    patch: { revocations: [a, a, {}] },
    errors: [
      once('revocations', 1, 'kid', 'a'),
      bySchema(
        'spec.revocations[2].kid',
        'Required',
        'spec.revocations[2].kid is missing: it is required',
        'Required value',
      ),
    ],
  },
];

/** One refusal by the schema. */
const bad = (
  name: string,
  patch: BadSpec['patch'],
  error: readonly [...Parameters<typeof bySchema>],
  serverAlso: readonly string[] = [],
): BadSpec => ({ name, patch, errors: [bySchema(...error)], serverAlso });

const structures: readonly BadSpec[] = [
  bad('33 verifiers', { verifiers: many(33, { preset: 'jose' }) }, [
    'spec.verifiers',
    'TooMany',
    'spec.verifiers has 33 entries: write at most 32',
    'Too many: 33: must have at most 32 items',
  ]),
  bad(
    '257 revocations',
    { revocations: Array.from({ length: 257 }, (_, i) => ({ kid: `kid-${i}` })) },
    [
      'spec.revocations',
      'TooMany',
      'spec.revocations has 257 entries: write at most 256',
      'Too many: 257: must have at most 256 items',
    ],
  ),
  bad('verifiers that are no list', { verifiers: { gateway: 'envoy' } }, [
    'spec.verifiers',
    'WrongType',
    'spec.verifiers is {"gateway":"envoy"}: write a list',
    'Invalid value: "object": spec.verifiers in body must be of type array: "object"',
  ]),
  bad(
    'a verifier that is a string',
    { verifiers: ['envoy'] },
    [
      'spec.verifiers[0]',
      'WrongType',
      'spec.verifiers[0] is "envoy": write an object',
      'Invalid value: "string": spec.verifiers[0] in body must be of type object: "string"',
    ],
    ['spec.verifiers[0]: Invalid value: "envoy": must be an object for an array of list-type map'],
  ),
  bad('a verifier that is null', { verifiers: [null] }, [
    'spec.verifiers[0]',
    'WrongType',
    'spec.verifiers[0] is null: write an object',
    'Invalid value: "null": spec.verifiers[0] in body must be of type object: "null"',
  ]),
  bad('a verifier without a name', { verifiers: [{ preset: 'jose' }] }, [
    'spec.verifiers[0].name',
    'Required',
    'spec.verifiers[0].name is missing: it is required',
    'Required value',
  ]),
  bad('a verifier of a preset that is none', { verifiers: [{ name: 'policy', preset: 'opa' }] }, [
    'spec.verifiers[0].preset',
    'NotSupported',
    `spec.verifiers[0].preset is "opa": write one of ${PRESET_NAMES.join(', ')}`,
    `Unsupported value: "opa": supported values: ${PRESET_NAMES.map(quote).join(', ')}`,
  ]),
  bad('a revocation for another reason', { revocations: [{ kid: 'a', reason: 'Stolen' }] }, [
    'spec.revocations[0].reason',
    'NotSupported',
    'spec.revocations[0].reason is "Stolen": write one of Unspecified, KeyCompromise, CessationOfOperation, Superseded',
    'Unsupported value: "Stolen": supported values: "Unspecified", "KeyCompromise", "CessationOfOperation", "Superseded"',
  ]),
  ...(
    [
      ['verifiers', 'name', 63, { preset: 'jose' }],
      ['verifiers', 'cacheTTL', 20, { name: 'mobile' }],
      ['revocations', 'kid', 128, {}],
    ] as const
  ).map(([list, key, length, rest]) =>
    bad(
      `${key} of ${length + 1} characters in ${list}`,
      { [list]: [{ ...rest, [key]: 'a'.repeat(length + 1) }] },
      [
        `spec.${list}[0].${key}`,
        'TooLong',
        `spec.${list}[0].${key} has ${length + 1} characters: write at most ${length}`,
        `Too long: may not be more than ${length} bytes`,
      ],
    ),
  ),
];

export const BROKEN_LISTS: readonly BadSpec[] = [
  ...presets,
  ...caches,
  ...largest,
  ...oneOf,
  ...cacheTtls,
  ...names,
  ...kids,
  ...restarts,
  ...duplicates,
  ...structures,
];

/** Lists at the limits, which both sides accept. */
export const GOOD_LISTS: readonly Omit<BadSpec, 'errors'>[] = [
  ...PRESET_INTERVALS.map(({ preset, neededMs, patch }) => ({
    name: `an interval of exactly what ${preset} needs`,
    patch: patch(neededMs),
  })),
  { name: 'verifiers as null', patch: { verifiers: null, revocations: null } },
  {
    name: 'workloads of one name and different kinds',
    patch: { signer: { reload: 'Restart', restart: [api, { ...api, kind: 'StatefulSet' }] } },
  },
  { name: 'empty lists', patch: { verifiers: [], revocations: [] } },
  {
    name: 'nulls within verifiers',
    patch: { verifiers: [{ name: 'gateway', preset: 'jose', cacheTTL: null }] },
  },
  {
    name: 'as many verifiers and revocations as a set can have',
    patch: {
      verifiers: [...many(31, { preset: 'dotnet' }), { name: 'a'.repeat(63), cacheTTL: '0s' }],
      revocations: Array.from({ length: 256 }, (_, i) => ({
        kid: `${i}`.padEnd(128, '~'),
        reason: 'CessationOfOperation',
      })),
    },
  },
  { name: 'a kid with a space', patch: { revocations: [{ kid: 'key 1', reason: null }] } },
];
