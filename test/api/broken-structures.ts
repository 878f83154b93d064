/** Specs that the schema refuses: types, required fields, enums and lengths. */
import {
  ALGORITHM_NAMES,
  type BadSpec,
  bySchema,
  DURATIONS,
  METADATA,
  nest,
  quote,
} from './bad-spec.ts';

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
    {
      ...bySchema(
        field,
        'TooLong',
        `${field} has ${length + 1} characters: write at most ${length}`,
        `Too long: may not be more than ${length} bytes`,
      ),
      serverField: `spec.${path}`,
    },
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

export const BROKEN_STRUCTURES: readonly BadSpec[] = [
  required('tokenTTL'),
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
  tooLong('objects.labels.team', 63, 'spec.objects.labels[team]'),
  tooLong('objects.annotations.team', 1024, 'spec.objects.annotations[team]'),
  tooLong('jwks.annotations.team', 1024, 'spec.jwks.annotations[team]', '😀'),
  ...METADATA.map(([path]) => tooMany(path)),
  notSupported('algorithm', 'HS256', ALGORITHM_NAMES),
  notSupported('algorithm', 'none', ALGORITHM_NAMES),
  notSupported('rsaModulusLength', 1024, [2048, 3072, 4096]),
  notSupported('deletionPolicy', 'Keep', ['Retain', 'Delete']),
  notSupported('onRevokeWithoutStandby', 'Ignore', ['FailClosed', 'SignImmediately']),
];
