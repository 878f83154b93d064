/**
 * The CRD's CEL rules, restated in the same words: objects that were stored before the rules became
 * stricter, or by an API server that skipped validation, are rejected like new ones. Immutability is
 * not here: a single object can't show it.
 */
import { LABEL, RESERVED_PREFIX, SET_NAME_LENGTH_MAX } from '../core/formats/names.ts';
import {
  isReservedConfigMapName,
  isReservedSecretName,
  reservedStartOf,
} from '../core/formats/reserved-names.ts';
import { ISSUER, JWKS_URI } from '../core/formats/urls.ts';
import { checkDurations } from './duration-rules.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { checkInterval } from './interval-rule.ts';
import type { SigningKeySetSpec } from './signing-key-set.generated.ts';
import { checkRevocations, checkVerifiers } from './verifier-rules.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const METADATA_KEY =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** A DNS name of 253 characters, a slash, and a name of 63. */
const METADATA_KEY_LENGTH_MAX = 317;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const ISSUER_REMEDY =
  'write an https URL without user, query or fragment, such as https://auth.example.com';
const JWKS_URI_REMEDY =
  'write an https URL without user or fragment, such as https://auth.example.com/.well-known/jwks.json';
const KEY_SECRET_NAME = /-key-[0-9]+$/;

/** Every rule on the spec. Structure and defaults come first (src/api/structure.ts). */
export function checkSpec(spec: SigningKeySetSpec): FieldError[] {
  const { signer, jwks } = spec;
  return [
    ...checkDurations(spec),
    ...checkVerifiers(spec),
    ...checkInterval(spec),
    ...checkModulusLength(spec),
    ...checkUrl('issuer', spec.issuer, ISSUER, ISSUER_REMEDY),
    ...checkObjectName('signer.secretName', signer?.secretName),
    ...checkNotKeySecret(signer?.secretName),
    ...checkNotReserved('signer.secretName', 'Secrets', signer?.secretName, isReservedSecretName),
    ...checkRestart(signer?.restart),
    ...checkKeys('signer.labels', 'label', signer?.labels),
    ...checkLabelValues('signer.labels', signer?.labels),
    ...checkKeys('signer.annotations', 'annotation', signer?.annotations),
    ...checkObjectName('jwks.configMapName', jwks?.configMapName),
    ...checkNotReserved(
      'jwks.configMapName',
      'ConfigMaps',
      jwks?.configMapName,
      isReservedConfigMapName,
    ),
    ...checkUrl('jwks.uri', jwks?.uri, JWKS_URI, JWKS_URI_REMEDY),
    ...checkKeys('jwks.labels', 'label', jwks?.labels),
    ...checkLabelValues('jwks.labels', jwks?.labels),
    ...checkKeys('jwks.annotations', 'annotation', jwks?.annotations),
    ...checkRevocations(spec),
  ];
}

/** The set's own name: a DNS label that leaves room for `-key-` and an ordinal, and makes no reserved names. */
export function checkSetName(name: string): FieldError[] {
  if (name.length <= SET_NAME_LENGTH_MAX && DNS_LABEL.test(name)) return checkNamesMade(name);
  const message =
    `metadata.name is '${name}' (${name.length} characters): write at most ` +
    `${SET_NAME_LENGTH_MAX} lower-case letters, digits and '-', starting and ending with a letter or digit`;
  return [fieldError('metadata.name', 'InvalidName', name, message)];
}

function checkNamesMade(setName: string): FieldError[] {
  const start = reservedStartOf(setName);
  if (start === null) return [];
  const message =
    `metadata.name is '${setName}', but Kubernetes uses Secrets with names that start with ` +
    `'${start}' itself: write another name`;
  return [fieldError('metadata.name', 'ReservedName', setName, message)];
}

function checkModulusLength({ algorithm, rsaModulusLength }: SigningKeySetSpec): FieldError[] {
  if (rsaModulusLength === undefined || isRsa(algorithm)) return [];
  const message =
    `rsaModulusLength is ${rsaModulusLength}, but algorithm ${algorithm} does not use RSA: ` +
    'remove rsaModulusLength, or write an RSA algorithm, RS256 to PS512';
  return [fieldError('spec.rsaModulusLength', 'NotRsa', rsaModulusLength, message)];
}

export function isRsa(algorithm: string): boolean {
  return algorithm.startsWith('RS') || algorithm.startsWith('PS');
}

function checkUrl(
  path: string,
  url: string | undefined,
  form: RegExp,
  remedy: string,
): FieldError[] {
  if (url === undefined || form.test(url)) return [];
  const message = `${path} is '${url}': ${remedy}`;
  return [fieldError(`spec.${path}`, 'InvalidUrl', url, message)];
}

function checkObjectName(path: string, name: string | undefined): FieldError[] {
  if (name === undefined || DNS_NAME.test(name)) return [];
  const message =
    `${path} is '${name}': write lower-case letters, digits, '-' and '.'; each part must start and ` +
    'end with a letter or digit';
  return [fieldError(`spec.${path}`, 'InvalidName', name, message)];
}

/** Otherwise two objects would need one name: the signer Secret, and a key Secret of this set or another. */
function checkNotKeySecret(name: string | undefined): FieldError[] {
  if (name === undefined || !KEY_SECRET_NAME.test(name)) return [];
  const message =
    `signer.secretName is '${name}', but names that end in -key-<number> are reserved for the ` +
    'Secrets of single keys: write another name';
  return [fieldError('spec.signer.secretName', 'KeySecretName', name, message)];
}

function checkNotReserved(
  path: string,
  kinds: 'Secrets' | 'ConfigMaps',
  name: string | undefined,
  isReserved: (name: string) => boolean,
): FieldError[] {
  if (name === undefined || !isReserved(name)) return [];
  const message =
    `${path} is '${name}', a name that Kubernetes or another controller uses for ${kinds} of its ` +
    'own: write another name';
  return [fieldError(`spec.${path}`, 'ReservedName', name, message)];
}

type RestartList = NonNullable<SigningKeySetSpec['signer']>['restart'];

function checkRestart(workloads: RestartList = []): FieldError[] {
  return workloads.flatMap(({ name }, index) => {
    if (DNS_NAME.test(name)) return [];
    const message =
      `signer.restart has the name '${name}': write lower-case letters, digits, '-' and '.'; each ` +
      'part must start and end with a letter or digit';
    return [fieldError(`spec.signer.restart[${index}].name`, 'InvalidName', name, message)];
  });
}

type StringMap = Readonly<Record<string, string>> | undefined;

/** At most one error of each kind, as from the API server. */
function checkKeys(path: string, kind: 'label' | 'annotation', map: StringMap): FieldError[] {
  const keys = Object.keys(map ?? {});
  const errors: FieldError[] = [];
  const reserved = keys.find((key) => key.startsWith(RESERVED_PREFIX) || key === LABEL.managedBy);
  if (reserved !== undefined) {
    const message = `${path} has the key '${reserved}', which is reserved for the operator: remove it`;
    errors.push(fieldError(`spec.${path}`, 'ReservedKey', reserved, message));
  }
  const invalid = keys.find(
    (key) => key.length > METADATA_KEY_LENGTH_MAX || !METADATA_KEY.test(key),
  );
  if (invalid !== undefined) {
    const message =
      `${path} has the key '${invalid}', which is not a valid ${kind} key: write a name of at ` +
      "most 63 letters, digits, '-', '_' and '.', optionally after a DNS name and '/'";
    errors.push(fieldError(`spec.${path}`, 'InvalidKey', invalid, message));
  }
  return errors;
}

function checkLabelValues(path: string, labels: StringMap): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    if (LABEL_VALUE.test(value)) return [];
    const message =
      `${path} has the value '${value}': write letters, digits, '-', '_' and '.', starting and ` +
      'ending with a letter or digit';
    return [fieldError(`spec.${path}[${key}]`, 'InvalidLabelValue', value, message)];
  });
}
