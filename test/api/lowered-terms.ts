/**
 * Edits that lower a term: one table for the API server (test/cluster/crd/lowered-terms.test.ts) and
 * the fake (test/fake-api/set-rules.test.ts).
 */
import type { NotedTerms } from '../../src/core/formats/status.ts';

export interface LoweredTerms {
  readonly name: string;
  /** Of the set as it is created. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** `status.terms`, if the operator has written one. */
  readonly noted: NotedTerms | null;
  /** A merge patch of the spec. */
  readonly edit: Readonly<Record<string, unknown>>;
  /** `field: message` of each refusal; empty if the edit is taken. */
  readonly refusals: readonly string[];
}

/** @param of the term as the message calls it, and its field in `status.terms` */
function refusal(
  field: string,
  of: readonly [string, keyof NotedTerms],
  [was, to]: readonly [string, string],
  noted: string,
): string {
  const [name, shown] = of;
  return (
    `spec.${field}: Forbidden: ${name} was ${was} and can't be lowered to ${to} yet: the operator has ` +
    `not noted ${was}, status.terms.${shown} is ${noted}. Try again in a few seconds. If it stays so, ` +
    'the operator is down, or a condition says what stops it (TermNotNoted)'
  );
}

const CACHES = [
  'verifierCacheTTL',
  ['the longest cache lifetime in verifierCacheTTL and verifiers', 'verifierCacheTTL'],
] as const;
const TRUST = [
  'verifiers',
  ['the longest trust in verifierCacheTTL and verifiers', 'verifierTrust'],
] as const;

const GOOD = { tokenTTL: '15m', verifierCacheTTL: '10m' };
const TIMING: readonly (readonly [keyof NotedTerms, string, string])[] = [
  ['sharedCacheTTL', '1m', '0s'],
  ['publicationDelay', '4m', '3m'],
  ['signerRefreshDelay', '4m', '3m'],
  ['verifierLeeway', '6m', '5m'],
  ['clockSkew', '31s', '30s'],
];

/** Each field of `timing`: lowered, left out so that its default counts, and the whole left out. */
const TIMING_LOWERED = TIMING.flatMap(([field, was, to]): readonly LoweredTerms[] => {
  const spec = { ...GOOD, timing: { [field]: was } };
  const refusals = [refusal(`timing.${field}`, [`timing.${field}`, field], [was, to], 'missing')];
  const cases = { lowered: { [field]: to }, 'left out': { [field]: null }, 'without timing': null };
  return [
    ...Object.entries(cases).map(([how, timing]) => ({
      name: `timing.${field} ${how}, unread`,
      spec,
      noted: null,
      edit: { timing },
      refusals,
    })),
    {
      name: `timing.${field} lowered, once it is noted`,
      spec,
      noted: { [field]: was },
      edit: { timing: { [field]: to } },
      refusals: [],
    },
  ];
});

const T = ['tokenTTL', ['tokenTTL', 'tokenTTL']] as const;
const verifier = (how: object, name = 'a') => ({ name, ...how });
const DOTNET = [verifier({ preset: 'dotnet' })];
const KONG = [verifier({ preset: 'kong' })];
const MANY = Array.from({ length: 32 }, (_, at) => verifier({ preset: 'jose' }, `v${at}`));

const VERIFIERS_LOWERED: readonly LoweredTerms[] = [
  {
    name: 'verifierCacheTTL lowered, unread',
    spec: GOOD,
    noted: { verifierCacheTTL: '9m59s' },
    edit: { verifierCacheTTL: '5m' },
    refusals: [refusal(...CACHES, ['10m', '5m'], '9m59s')],
  },
  {
    name: 'verifierCacheTTL lowered, once it is noted',
    spec: GOOD,
    noted: { verifierCacheTTL: '10m', verifierTrust: '10m' },
    edit: { verifierCacheTTL: '5m' },
    refusals: [],
  },
  {
    name: 'verifierCacheTTL lowered under a verifier that caches for longer',
    spec: { ...GOOD, verifiers: [verifier({ cacheTTL: '20m' })] },
    noted: null,
    edit: { verifierCacheTTL: '5m' },
    refusals: [],
  },
  {
    name: 'verifierCacheTTL replaced by verifiers that cache as long',
    spec: GOOD,
    noted: null,
    edit: { verifierCacheTTL: null, verifiers: [verifier({ preset: 'jose' })] },
    refusals: [],
  },
  {
    name: 'the cacheTTL of a verifier lowered, unread',
    spec: { ...GOOD, verifiers: [verifier({ cacheTTL: '20m' })] },
    noted: null,
    edit: { verifiers: [verifier({ cacheTTL: '19m' })] },
    refusals: [refusal(...CACHES, ['20m', '19m'], 'missing')],
  },
  {
    name: 'a preset taken away, unread',
    spec: { ...GOOD, verifiers: DOTNET },
    noted: { verifierCacheTTL: '10m', verifierTrust: '10m' },
    edit: { verifiers: null },
    refusals: [
      refusal(...CACHES, ['12h36m', '10m'], '10m'),
      refusal(...TRUST, ['13h36m', '10m'], '10m'),
    ],
  },
  {
    name: 'a preset taken away, once it is noted',
    spec: { ...GOOD, verifiers: DOTNET },
    noted: { verifierCacheTTL: '12h36m', verifierTrust: '13h36m' },
    edit: { verifiers: null },
    refusals: [],
  },
  {
    name: 'a preset without an end of trust taken away, unread',
    spec: { ...GOOD, verifiers: KONG },
    noted: { verifierCacheTTL: '10m', verifierTrust: '8760h' },
    edit: { verifiers: [] },
    refusals: [refusal(...TRUST, ['Unlimited', '10m'], '8760h')],
  },
  {
    name: 'a preset without an end of trust taken away, once it is noted',
    spec: { ...GOOD, verifiers: KONG },
    noted: { verifierCacheTTL: '10m', verifierTrust: 'Unlimited' },
    edit: { verifiers: [] },
    refusals: [],
  },
  {
    name: 'one of many alike taken away',
    spec: { ...GOOD, verifiers: MANY },
    noted: null,
    edit: { verifiers: MANY.slice(1) },
    refusals: [],
  },
  {
    name: 'many taken away, unread',
    spec: { ...GOOD, verifierCacheTTL: '1m', verifiers: MANY },
    noted: null,
    edit: { verifiers: null },
    refusals: [
      refusal(...CACHES, ['10m', '1m'], 'missing'),
      refusal(...TRUST, ['10m', '1m'], 'missing'),
    ],
  },
];

export const LOWERED_TERMS: readonly LoweredTerms[] = [
  {
    name: 'tokenTTL lowered before any operator has read it',
    spec: GOOD,
    noted: null,
    edit: { tokenTTL: '14m59s' },
    refusals: [refusal(...T, ['15m', '14m59s'], 'missing')],
  },
  {
    name: 'tokenTTL lowered, unread',
    spec: GOOD,
    noted: { tokenTTL: '14m59s999ms' },
    edit: { tokenTTL: '5m' },
    refusals: [refusal(...T, ['15m', '5m'], '14m59s999ms')],
  },
  {
    name: 'tokenTTL lowered, once it is noted',
    spec: GOOD,
    noted: { tokenTTL: '900s' },
    edit: { tokenTTL: '5m' },
    refusals: [],
  },
  {
    name: 'tokenTTL lowered, where more is noted',
    spec: GOOD,
    noted: { tokenTTL: '1h' },
    edit: { tokenTTL: '5m' },
    refusals: [],
  },
  { name: 'tokenTTL raised', spec: GOOD, noted: null, edit: { tokenTTL: '1h' }, refusals: [] },
  {
    name: 'tokenTTL in other words',
    spec: GOOD,
    noted: null,
    edit: { tokenTTL: '900s' },
    refusals: [],
  },
  {
    name: 'two terms lowered at once, unread',
    spec: { ...GOOD, timing: { clockSkew: '1m' } },
    noted: { clockSkew: '30s' },
    edit: { tokenTTL: '5m', timing: { clockSkew: '40s' } },
    refusals: [
      refusal(...T, ['15m', '5m'], 'missing'),
      refusal('timing.clockSkew', ['timing.clockSkew', 'clockSkew'], ['1m', '40s'], '30s'),
    ],
  },
  {
    name: 'one lowered and one raised',
    spec: GOOD,
    noted: { tokenTTL: '15m' },
    edit: { tokenTTL: '5m', timing: { clockSkew: '1m' } },
    refusals: [],
  },
  {
    name: 'no term at all',
    spec: GOOD,
    noted: null,
    edit: { algorithm: 'ES256', rotation: { interval: '100h' } },
    refusals: [],
  },
  ...TIMING_LOWERED,
  ...VERIFIERS_LOWERED,
];
