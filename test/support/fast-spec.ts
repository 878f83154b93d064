/** A set whose rotations take seconds: T 8s, C 5s, P 2s, Ps 2s, L 1s, S 1s, I 30s, as in docs/examples/payments-fast.yaml. */
export const FAST_SPEC = {
  tokenTTL: '8s',
  verifierCacheTTL: '5s',
  algorithm: 'ES256',
  rotation: { interval: '30s' },
  timing: {
    publicationDelay: '2s',
    signerRefreshDelay: '2s',
    verifierLeeway: '1s',
    clockSkew: '1s',
  },
} as const;
