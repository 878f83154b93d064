/**
 * Every spec that one object can show to be bad, with the words of the refusal: one table for the
 * API server (test/cluster/crd-rules.test.ts) and the decoder (test/api/decode.test.ts).
 */
import type { FieldErrorCode } from '../../src/api/field-error.ts';

export interface ExpectedError {
  readonly field: string;
  readonly code: FieldErrorCode;
  /** The decoder's message. */
  readonly message: string;
  /** The API server's message, in its own words for errors of structure. */
  readonly server: string;
  /** Where the API server names the field otherwise: the schema and CEL write a map's key apart. */
  readonly serverField?: string;
}

export interface BadSpec {
  readonly name: string;
  /** `payments` unless told. */
  readonly setName?: string;
  /** Merged over {@link GOOD_SPEC}; null takes a field away. */
  readonly patch: Readonly<Record<string, unknown>>;
  readonly errors: readonly ExpectedError[];
  /** What the API server says beside that: it goes on where the type is wrong already. */
  readonly serverAlso?: readonly string[];
}

export const GOOD_SPEC = { tokenTTL: '15m', verifierCacheTTL: '10m' } as const;

type Patch = Readonly<Record<string, unknown>>;

/** A refusal by CEL: the decoder says the same words; the API server shows a string before them. */
function byRule(
  field: string,
  code: FieldErrorCode,
  message: string,
  shown?: string,
): ExpectedError {
  const prefix = shown === undefined ? 'Invalid value: ' : `Invalid value: ${quote(shown)}: `;
  return { field, code, message, server: prefix + message };
}

/** A refusal by the schema, for which each side has words of its own. */
function bySchema(
  field: string,
  code: FieldErrorCode,
  message: string,
  server: string,
): ExpectedError {
  return { field, code, message, server };
}

const quote = (text: string) => JSON.stringify(text);
const nest = (path: string, value: unknown): Patch =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Patch;
/** An interval that no sum of the other bounds exceeds, so that only one rule is broken. */
const roomy = { rotation: { interval: '26280h' } };

const DURATIONS = [
  { path: 'tokenTTL', min: '1s', max: '8760h', below: '999ms', above: '8760h1ms' },
  { path: 'verifierCacheTTL', min: '0s', max: '8760h', below: '-1s', above: '8761h' },
  { path: 'timing.sharedCacheTTL', min: '0s', max: '720h', below: '-1s', above: '720h1s' },
  { path: 'timing.publicationDelay', min: '1s', max: '24h', below: '0s', above: '24h1s' },
  { path: 'timing.signerRefreshDelay', min: '0s', max: '24h', below: '-1s', above: '25h' },
  { path: 'timing.verifierLeeway', min: '0s', max: '24h', below: '-1ms', above: '1441m' },
  { path: 'timing.clockSkew', min: '0s', max: '1h', below: '-5m', above: '3601s' },
] as const;

const durations: readonly BadSpec[] = DURATIONS.flatMap(({ path, min, max, below, above }) => {
  const range = `write a duration from ${min} to ${max}, in h, m, s or ms, such as 1h30m`;
  const row = (name: string, text: string, remedy: string): BadSpec => ({
    name: `${path} ${name}`,
    patch: { ...roomy, ...nest(path, text) },
    errors: [byRule(`spec.${path}`, 'InvalidDuration', `${path} is '${text}': ${remedy}`, text)],
  });
  return [
    row('in days', '1d', 'days are not a unit, write 24h'),
    row('in weeks', '1w', range),
    row('without a unit', '90', range),
    row('below its bound', below, range),
    row('above its bound', above, range),
  ];
});

const words: readonly BadSpec[] = [
  ['1d', 'days are not a unit, write 24h'],
  ['30d', 'days are not a unit, write 720h'],
  ['', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['1h 30m', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['.5h', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['1.5h', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['+1h', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['1H', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['5us', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['2 days', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['1h1m1s1ms1h', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
  ['100000s', 'write a duration from 1s to 8760h, in h, m, s or ms, such as 1h30m'],
].map(([text = '', remedy = '']) => ({
  name: `tokenTTL '${text}'`,
  patch: { tokenTTL: text },
  errors: [byRule('spec.tokenTTL', 'InvalidDuration', `tokenTTL is '${text}': ${remedy}`, text)],
}));

const tooShort = (found: string, needs: string, over: Patch = {}) =>
  byRule(
    'spec.rotation.interval',
    'IntervalTooShort',
    `rotation.interval is ${found}, but publicationDelay ${over['P'] ?? '3m'} + sharedCacheTTL ` +
      `${over['H'] ?? '0s'} + verifierCacheTTL ${over['C'] ?? '10m'} + signerRefreshDelay 3m + ` +
      `tokenTTL ${over['T'] ?? '15m'} + verifierLeeway 5m + 3 x clockSkew ${over['S'] ?? '30s'} ` +
      `needs ${needs}: write at least that`,
  );

const intervals: readonly BadSpec[] = [
  {
    name: 'rotation.interval a millisecond short',
    patch: { rotation: { interval: '37m29s999ms' } },
    errors: [tooShort('37m29s999ms', '37m30s')],
  },
  {
    name: 'the default interval under long terms',
    patch: { tokenTTL: '700h', verifierCacheTTL: '24h' },
    errors: [tooShort('720h', '724h12m30s', { T: '700h', C: '24h' })],
  },
  {
    name: 'an interval with whole hours and milliseconds needed',
    patch: {
      tokenTTL: '1h1ms',
      verifierCacheTTL: '49m',
      rotation: { interval: '1h' },
      timing: { sharedCacheTTL: '2m', publicationDelay: '1m', clockSkew: '0s' },
    },
    errors: [tooShort('1h', '2h1ms', { T: '1h1ms', C: '49m', H: '2m', P: '1m', S: '0s' })],
  },
  {
    name: 'an interval in days',
    patch: { rotation: { interval: '30d' } },
    errors: [
      byRule(
        'spec.rotation.interval',
        'InvalidDuration',
        "rotation.interval is '30d': days are not a unit, write 720h",
        '30d',
      ),
    ],
  },
  {
    name: 'an interval above its bound',
    patch: { rotation: { interval: '26281h' } },
    errors: [
      byRule(
        'spec.rotation.interval',
        'InvalidDuration',
        "rotation.interval is '26281h': write a duration from 1s to 26280h, in h, m, s or ms, such as 1h30m",
        '26281h',
      ),
    ],
  },
  {
    name: 'an interval of nothing',
    patch: { rotation: { interval: '0s' } },
    errors: [
      byRule(
        'spec.rotation.interval',
        'InvalidDuration',
        "rotation.interval is '0s': write a duration from 1s to 26280h, in h, m, s or ms, such as 1h30m",
        '0s',
      ),
      tooShort('0s', '37m30s'),
    ],
  },
];

const keys: readonly BadSpec[] = ['ES256', 'ES384', 'ES512', 'EdDSA'].map((algorithm) => ({
  name: `rsaModulusLength with ${algorithm}`,
  patch: { algorithm, rsaModulusLength: 2048 },
  errors: [
    byRule(
      'spec.rsaModulusLength',
      'NotRsa',
      `rsaModulusLength is 2048, but algorithm is ${algorithm}, which is not RSA's: remove rsaModulusLength, or write an algorithm of RS256 to PS512`,
    ),
  ],
}));

const urls: readonly BadSpec[] = [
  ...[
    'http://auth.example.com',
    'auth.example.com',
    'https://',
    'https://-a',
    'https://auth.example.com?tenant=1',
    'https://auth.example.com/#a',
    'https://user@auth.example.com',
    'https://auth.example.com/a b',
    'https://auth.example.com:port',
    '',
  ].map((url) => ({
    name: `issuer '${url}'`,
    patch: { issuer: url },
    errors: [
      byRule(
        'spec.issuer',
        'InvalidUrl',
        `issuer is '${url}': write an https URL without user, query and fragment, such as https://auth.example.com`,
        url,
      ),
    ],
  })),
  ...['http://a.example.com/jwks', 'https://a.example.com/jwks#1', 'jwks.json'].map((url) => ({
    name: `jwks.uri '${url}'`,
    patch: { jwks: { uri: url } },
    errors: [
      byRule(
        'spec.jwks.uri',
        'InvalidUrl',
        `jwks.uri is '${url}': write an https URL without user and fragment, such as https://auth.example.com`,
        url,
      ),
    ],
  })),
];

const objectNames: readonly BadSpec[] = ['signer.secretName', 'jwks.configMapName'].flatMap(
  (path) =>
    ['Payments', '-payments', 'payments-', 'a..b', 'a_b', 'a/b', ''].map((name) => ({
      name: `${path} '${name}'`,
      patch: nest(path, name),
      errors: [
        byRule(
          `spec.${path}`,
          'InvalidName',
          `${path} is '${name}': write lower-case letters, digits, '-' and '.', with a letter or digit at both ends of each part`,
          name,
        ),
      ],
    })),
);

const keySecretNames: readonly BadSpec[] = ['payments-key-1', 'other-key-007'].map((name) => ({
  name: `signer.secretName '${name}'`,
  patch: { signer: { secretName: name } },
  errors: [
    byRule(
      'spec.signer.secretName',
      'KeySecretName',
      `signer.secretName is '${name}', but names that end in -key-<number> are for the Secrets of single keys: write another`,
      name,
    ),
  ],
}));

const METADATA = [
  ['signer.labels', 'label'],
  ['signer.annotations', 'annotation'],
  ['jwks.labels', 'label'],
  ['jwks.annotations', 'annotation'],
] as const;

const metadataKeys: readonly BadSpec[] = METADATA.flatMap(([path, kind]) => [
  ...['signingkeys.dev/set', 'signingkeys.dev/x', 'app.kubernetes.io/managed-by'].map((key) => ({
    name: `${path} with the key ${key}`,
    patch: nest(path, { [key]: 'a', team: 'b' }),
    errors: [
      byRule(
        `spec.${path}`,
        'ReservedKey',
        `${path} has the key '${key}', which belongs to the operator: remove it`,
      ),
    ],
  })),
  ...['a b', 'a/b/c', '/a', 'A.example.com/a', '-a', 'a'.repeat(64), ''].map((key) => ({
    name: `${path} with the key '${key}'`,
    patch: nest(path, { [key]: 'a' }),
    errors: [
      byRule(
        `spec.${path}`,
        'InvalidKey',
        `${path} has the key '${key}', which is no ${kind} key: write a name of at most 63 letters, digits, '-', '_' and '.', if need be after a DNS name and '/'`,
      ),
    ],
  })),
  {
    name: `${path} with a key of 318 characters`,
    patch: nest(path, { [`${'a'.repeat(254)}/${'b'.repeat(63)}`]: 'a' }),
    errors: [
      byRule(
        `spec.${path}`,
        'InvalidKey',
        `${path} has the key '${'a'.repeat(254)}/${'b'.repeat(63)}', which is no ${kind} key: write a name of at most 63 letters, digits, '-', '_' and '.', if need be after a DNS name and '/'`,
      ),
    ],
  },
]);

const labelValues: readonly BadSpec[] = ['signer.labels', 'jwks.labels'].flatMap((path) =>
  ['a b', '-a', 'ä'].map((value) => ({
    name: `${path} with the value '${value}'`,
    patch: nest(path, { team: value }),
    errors: [
      byRule(
        `spec.${path}[team]`,
        'InvalidLabelValue',
        `${path} has the value '${value}': write letters, digits, '-', '_' and '.', with a letter or digit at both ends`,
        value,
      ),
    ],
  })),
);

const setNames: readonly BadSpec[] = ['a'.repeat(53), 'pay.ments'].map((setName) => ({
  name: `a set named ${setName}`,
  setName,
  patch: {},
  errors: [
    byRule(
      'metadata.name',
      'InvalidName',
      `metadata.name is '${setName}', of ${setName.length} characters: write at most 52 lower-case letters, digits and '-', with a letter or digit at both ends`,
    ),
  ],
}));

const several: BadSpec = {
  name: 'several mistakes at once',
  patch: { tokenTTL: '1d', algorithm: 'EdDSA', rsaModulusLength: 4096, issuer: 'x' },
  errors: [
    byRule(
      'spec.tokenTTL',
      'InvalidDuration',
      "tokenTTL is '1d': days are not a unit, write 24h",
      '1d',
    ),
    byRule(
      'spec.rsaModulusLength',
      'NotRsa',
      "rsaModulusLength is 4096, but algorithm is EdDSA, which is not RSA's: remove rsaModulusLength, or write an algorithm of RS256 to PS512",
    ),
    byRule(
      'spec.issuer',
      'InvalidUrl',
      "issuer is 'x': write an https URL without user, query and fragment, such as https://auth.example.com",
      'x',
    ),
  ],
};

/** Refused by CEL rules. */
export const BROKEN_RULES: readonly BadSpec[] = [
  ...durations,
  ...words,
  ...intervals,
  ...keys,
  ...urls,
  ...objectNames,
  ...keySecretNames,
  ...metadataKeys,
  ...labelValues,
  ...setNames,
  several,
];

const required = (path: string): BadSpec => ({
  name: `without ${path}`,
  patch: { [path]: null },
  errors: [
    bySchema(
      `spec.${path}`,
      'Required',
      `spec.${path} is missing: it is required`,
      'Required value',
    ),
  ],
});

const wrongType = (path: string, value: unknown, type: string, words: string): BadSpec => {
  const found = Array.isArray(value)
    ? 'array'
    : typeof value === 'number'
      ? 'integer'
      : typeof value;
  return {
    name: `${path} of type ${found}`,
    patch: nest(path, value),
    errors: [
      bySchema(
        `spec.${path}`,
        'WrongType',
        `spec.${path} is ${JSON.stringify(value)}: write ${words}`,
        `Invalid value: "${found}": spec.${path} in body must be of type ${type}: "${found}"`,
      ),
    ],
  };
};

const tooLong = (path: string, length: number, field = `spec.${path}`, text = 'a'): BadSpec => ({
  name: `${path} of ${length + 1} characters`,
  patch: nest(path, text.repeat(length + 1)),
  errors: [
    bySchema(
      field,
      'TooLong',
      `${field} has ${length + 1} characters: write at most ${length}`,
      `Too long: may not be more than ${length} bytes`,
    ),
  ],
});

const notSupported = (
  path: string,
  value: string | number,
  values: readonly (string | number)[],
) => ({
  name: `${path} ${value}`,
  patch: { [path]: value },
  errors: [
    bySchema(
      `spec.${path}`,
      'NotSupported',
      `spec.${path} is ${JSON.stringify(value)}: write one of ${values.join(', ')}`,
      `Unsupported value: ${JSON.stringify(value)}: supported values: ${values.map((each) => quote(String(each))).join(', ')}`,
    ),
  ],
});

const tooMany = (path: string): BadSpec => ({
  name: `${path} with 17 entries`,
  patch: nest(path, Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']))),
  errors: [
    bySchema(
      `spec.${path}`,
      'TooMany',
      `spec.${path} has 17 entries: write at most 16`,
      'Too many: 17: must have at most 16 items',
    ),
  ],
});

const ALGORITHM_NAMES = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA'.split(' ');

/** Refused by the schema: types, required fields, enums and lengths. */
export const BROKEN_STRUCTURES: readonly BadSpec[] = [
  required('tokenTTL'),
  required('verifierCacheTTL'),
  wrongType('tokenTTL', 900, 'string', 'a string'),
  wrongType('rotation', 'x', 'object', 'an object'),
  wrongType('rotation.standby', 'yes', 'boolean', 'true or false'),
  wrongType('rotation.suspend', 1, 'boolean', 'true or false'),
  {
    ...wrongType('rsaModulusLength', '2048', 'integer', 'a whole number'),
    serverAlso: [
      'spec.rsaModulusLength: Unsupported value: "2048": supported values: "2048", "3072", "4096"',
    ],
  },
  wrongType('timing', ['1s'], 'object', 'an object'),
  wrongType('signer.labels', 'x', 'object', 'an object'),
  ...DURATIONS.map(({ path }) => tooLong(path, 20)),
  tooLong('rotation.interval', 20),
  tooLong('issuer', 1024),
  tooLong('jwks.uri', 1024),
  tooLong('signer.secretName', 253),
  tooLong('jwks.configMapName', 253),
  tooLong('signer.labels.team', 63, 'spec.signer.labels[team]'),
  tooLong('jwks.labels.team', 63, 'spec.jwks.labels[team]'),
  tooLong('signer.annotations.team', 1024, 'spec.signer.annotations[team]'),
  tooLong('jwks.annotations.team', 1024, 'spec.jwks.annotations[team]', '😀'),
  ...METADATA.map(([path]) => tooMany(path)),
  notSupported('algorithm', 'HS256', ALGORITHM_NAMES),
  notSupported('algorithm', 'none', ALGORITHM_NAMES),
  notSupported('rsaModulusLength', 1024, [2048, 3072, 4096]),
  notSupported('deletionPolicy', 'Keep', ['Retain', 'Delete']),
];

/** A set as a user would write it, with a bad spec. */
export function badSet(bad: BadSpec): Record<string, unknown> {
  const spec = Object.entries({ ...GOOD_SPEC, ...bad.patch }).filter(([, value]) => value !== null);
  return {
    apiVersion: 'signingkeys.dev/v1alpha1',
    kind: 'SigningKeySet',
    metadata: { name: bad.setName ?? 'payments' },
    spec: Object.fromEntries(spec),
  };
}

/** Specs at the very edge, which both sides take. */
export const GOOD_PATCHES: readonly Omit<BadSpec, 'errors'>[] = [
  { name: 'an interval of exactly what is needed', patch: { rotation: { interval: '37m30s' } } },
  {
    name: 'an interval of exactly what milliseconds need',
    patch: { tokenTTL: '15m1ms', rotation: { interval: '37m30s1ms' } },
  },
  {
    name: 'every duration at its upper bound',
    patch: {
      tokenTTL: '8760h',
      verifierCacheTTL: '8760h',
      rotation: { interval: '26280h' },
      timing: {
        sharedCacheTTL: '720h',
        publicationDelay: '24h',
        signerRefreshDelay: '24h',
        verifierLeeway: '24h',
        clockSkew: '1h',
      },
    },
  },
  {
    name: 'every duration at its lower bound',
    patch: {
      tokenTTL: '1s',
      verifierCacheTTL: '0s',
      rotation: { interval: '2s' },
      timing: {
        sharedCacheTTL: '0s',
        publicationDelay: '1s',
        signerRefreshDelay: '0ms',
        verifierLeeway: '0h',
        clockSkew: '0m',
      },
    },
  },
  ...ALGORITHM_NAMES.map((algorithm) => ({ name: algorithm, patch: { algorithm } })),
  ...[2048, 3072, 4096].map((rsaModulusLength) => ({
    name: `PS384 with ${rsaModulusLength} bits`,
    patch: { algorithm: 'PS384', rsaModulusLength },
  })),
  { name: 'a name of 52 characters', setName: 'a'.repeat(52), patch: {} },
  { name: 'missing objects as null', patch: { timing: null, rotation: null, signer: null } },
  { name: 'nulls within objects', patch: { timing: { clockSkew: null }, rotation: {} } },
  ...[
    'https://a',
    'https://a.example.com:8443/t/1/',
    'https://[::1]:8443',
    'https://127.0.0.1',
  ].map((issuer) => ({ name: `issuer ${issuer}`, patch: { issuer } })),
  {
    name: 'a JWKS URI with a query',
    patch: { jwks: { uri: 'https://cdn.example.com/jwks?set=payments' } },
  },
  {
    name: 'labels and annotations at their bounds',
    patch: {
      signer: {
        secretName: 'a.b-c',
        labels: { 'example.com/team': 'a'.repeat(63), empty: '' },
        annotations: { ['b'.repeat(63)]: 'ä b\n'.repeat(256) },
      },
    },
  },
];
