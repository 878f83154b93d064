/** Specs that CEL rules refuse. */
import { type BadSpec, byRule, DURATIONS, METADATA, nest, tooShort } from './bad-spec.ts';

/** An interval that no sum of the other bounds exceeds, so that only one rule is broken. */
const roomy = { rotation: { interval: '26280h' } };

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
      `rsaModulusLength is 2048, but algorithm ${algorithm} does not use RSA: remove rsaModulusLength, or write an RSA algorithm, RS256 to PS512`,
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
        `issuer is '${url}': write an https URL without user, query or fragment, such as https://auth.example.com`,
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
        `jwks.uri is '${url}': write an https URL without user or fragment, such as https://auth.example.com/.well-known/jwks.json`,
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
          `${path} is '${name}': write lower-case letters, digits, '-' and '.'; each part must start and end with a letter or digit`,
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
      `signer.secretName is '${name}', but names that end in -key-<number> are reserved for the Secrets of single keys: write another name`,
      name,
    ),
  ],
}));

const reservedNames: readonly BadSpec[] = [
  ...[
    'bootstrap-token-abcdef',
    'default-token-x',
    'builder-token-7xk2p',
    'default-dockercfg-9qwxz',
    'sh.helm.release.v1.auth.v1',
    'cacerts',
    'kubeadm-certs',
    'istio-ca-secret',
    'linkerd-identity-issuer',
  ].map((name) => reservedName('signer.secretName', 'Secrets', name)),
  ...[
    'kube-root-ca.crt',
    'openshift-service-ca.crt',
    'istio-ca-root-cert',
    'linkerd-identity-trust-roots',
    'extension-apiserver-authentication',
    'cluster-info',
    'coredns',
    'aws-auth',
    'sh.helm.release.v1.auth.v1',
  ].map((name) => reservedName('jwks.configMapName', 'ConfigMaps', name)),
  ...(
    [
      ['bootstrap-token', 'bootstrap-token-'],
      ['bootstrap-token-1', 'bootstrap-token-'],
      ['default-token', 'default-token-'],
    ] as const
  ).map(([name, start]) => ({
    name: `the set's name '${name}'`,
    setName: name,
    patch: {},
    errors: [
      byRule(
        'metadata.name',
        'ReservedName',
        `metadata.name is '${name}', but Kubernetes uses Secrets with names that start with '${start}' itself: write another name`,
      ),
    ],
  })),
];

function reservedName(path: string, kinds: string, name: string): BadSpec {
  const message = `${path} is '${name}', a name that Kubernetes or another controller uses for ${kinds} of its own: write another name`;
  return {
    name: `${path} '${name}'`,
    patch: nest(path, name),
    errors: [byRule(`spec.${path}`, 'ReservedName', message, name)],
  };
}

const metadataKeys: readonly BadSpec[] = METADATA.flatMap(([path, kind]) => [
  ...['signingkeys.dev/set', 'signingkeys.dev/x', 'app.kubernetes.io/managed-by'].map((key) => ({
    name: `${path} with the key ${key}`,
    patch: nest(path, { [key]: 'a', team: 'b' }),
    errors: [
      byRule(
        `spec.${path}`,
        'ReservedKey',
        `${path} has the key '${key}', which is reserved for the operator: remove it`,
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
        `${path} has the key '${key}', which is not a valid ${kind} key: write a name of at most 63 letters, digits, '-', '_' and '.', optionally after a DNS name and '/'`,
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
        `${path} has the key '${'a'.repeat(254)}/${'b'.repeat(63)}', which is not a valid ${kind} key: write a name of at most 63 letters, digits, '-', '_' and '.', optionally after a DNS name and '/'`,
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
        `${path} has the value '${value}': write letters, digits, '-', '_' and '.', starting and ending with a letter or digit`,
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
      `metadata.name is '${setName}' (${setName.length} characters): write at most 52 lower-case letters, digits and '-', starting and ending with a letter or digit`,
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
      'rsaModulusLength is 4096, but algorithm EdDSA does not use RSA: remove rsaModulusLength, or write an RSA algorithm, RS256 to PS512',
    ),
    byRule(
      'spec.issuer',
      'InvalidUrl',
      "issuer is 'x': write an https URL without user, query or fragment, such as https://auth.example.com",
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
  ...reservedNames,
  ...metadataKeys,
  ...labelValues,
  ...setNames,
  several,
];
