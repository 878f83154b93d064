/**
 * The CRD's CEL rules, restated in the same words: objects that were stored before a tightening,
 * or by an API server that skipped validation, are refused like new ones. Immutability is not
 * here: one object can't show it.
 */
import { LABEL, RESERVED_PREFIX, SET_NAME_LENGTH_MAX } from '../core/formats/names.ts';
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
const HTTPS_URL =
  /^https:\/\/([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\/[A-Za-z0-9._~!$&()*+,;=:@%/-]*)?/;
const ISSUER = new RegExp(`${HTTPS_URL.source}$`);
const JWKS_URI = new RegExp(`${HTTPS_URL.source}([?][A-Za-z0-9._~!$&()*+,;=:@%/?-]*)?$`);
const KEY_SECRET_NAME = /-key-[0-9]+$/;

/** Every rule on the spec; structure and defaults come first (src/api/structure.ts). */
export function checkSpec(spec: SigningKeySetSpec): FieldError[] {
  const { signer, jwks } = spec;
  return [
    ...checkDurations(spec),
    ...checkVerifiers(spec),
    ...checkInterval(spec),
    ...checkModulusLength(spec),
    ...checkUrl('issuer', spec.issuer, ISSUER, 'user, query and fragment'),
    ...checkObjectName('signer.secretName', signer?.secretName),
    ...checkNotKeySecret(signer?.secretName),
    ...checkRestart(signer?.restart),
    ...checkKeys('signer.labels', 'label', signer?.labels),
    ...checkLabelValues('signer.labels', signer?.labels),
    ...checkKeys('signer.annotations', 'annotation', signer?.annotations),
    ...checkObjectName('jwks.configMapName', jwks?.configMapName),
    ...checkUrl('jwks.uri', jwks?.uri, JWKS_URI, 'user and fragment'),
    ...checkKeys('jwks.labels', 'label', jwks?.labels),
    ...checkLabelValues('jwks.labels', jwks?.labels),
    ...checkKeys('jwks.annotations', 'annotation', jwks?.annotations),
    ...checkRevocations(spec),
  ];
}

/** The set's own name: a DNS label that leaves room for `-key-` and an ordinal. */
export function checkSetName(name: string): FieldError[] {
  if (name.length <= SET_NAME_LENGTH_MAX && DNS_LABEL.test(name)) return [];
  const message =
    `metadata.name is '${name}', of ${name.length} characters: write at most ` +
    `${SET_NAME_LENGTH_MAX} lower-case letters, digits and '-', with a letter or digit at both ends`;
  return [fieldError('metadata.name', 'InvalidName', name, message)];
}

function checkModulusLength({ algorithm, rsaModulusLength }: SigningKeySetSpec): FieldError[] {
  if (rsaModulusLength === undefined || isRsa(algorithm)) return [];
  const message =
    `rsaModulusLength is ${rsaModulusLength}, but algorithm is ${algorithm}, which is not RSA's: ` +
    'remove rsaModulusLength, or write an algorithm of RS256 to PS512';
  return [fieldError('spec.rsaModulusLength', 'NotRsa', rsaModulusLength, message)];
}

export function isRsa(algorithm: string): boolean {
  return algorithm.startsWith('RS') || algorithm.startsWith('PS');
}

function checkUrl(
  path: string,
  url: string | undefined,
  form: RegExp,
  without: string,
): FieldError[] {
  if (url === undefined || form.test(url)) return [];
  const message = `${path} is '${url}': write an https URL without ${without}, such as https://auth.example.com`;
  return [fieldError(`spec.${path}`, 'InvalidUrl', url, message)];
}

function checkObjectName(path: string, name: string | undefined): FieldError[] {
  if (name === undefined || DNS_NAME.test(name)) return [];
  const message =
    `${path} is '${name}': write lower-case letters, digits, '-' and '.', with a letter or digit ` +
    'at both ends of each part';
  return [fieldError(`spec.${path}`, 'InvalidName', name, message)];
}

/** Two kinds of object would want one name: the signer, and a key of this set or another. */
function checkNotKeySecret(name: string | undefined): FieldError[] {
  if (name === undefined || !KEY_SECRET_NAME.test(name)) return [];
  const message =
    `signer.secretName is '${name}', but names that end in -key-<number> are for the Secrets of ` +
    'single keys: write another';
  return [fieldError('spec.signer.secretName', 'KeySecretName', name, message)];
}

type RestartList = NonNullable<SigningKeySetSpec['signer']>['restart'];

function checkRestart(workloads: RestartList = []): FieldError[] {
  return workloads.flatMap(({ name }, index) => {
    if (DNS_NAME.test(name)) return [];
    const message =
      `signer.restart has the name '${name}': write lower-case letters, digits, '-' and '.', with ` +
      'a letter or digit at both ends of each part';
    return [fieldError(`spec.signer.restart[${index}].name`, 'InvalidName', name, message)];
  });
}

type StringMap = Readonly<Record<string, string>> | undefined;

/** At most one error of each sort, as from the API server. */
function checkKeys(path: string, kind: 'label' | 'annotation', map: StringMap): FieldError[] {
  const keys = Object.keys(map ?? {});
  const errors: FieldError[] = [];
  const reserved = keys.find((key) => key.startsWith(RESERVED_PREFIX) || key === LABEL.managedBy);
  if (reserved !== undefined) {
    const message = `${path} has the key '${reserved}', which belongs to the operator: remove it`;
    errors.push(fieldError(`spec.${path}`, 'ReservedKey', reserved, message));
  }
  const invalid = keys.find(
    (key) => key.length > METADATA_KEY_LENGTH_MAX || !METADATA_KEY.test(key),
  );
  if (invalid !== undefined) {
    const message =
      `${path} has the key '${invalid}', which is no ${kind} key: write a name of at most 63 ` +
      "letters, digits, '-', '_' and '.', if need be after a DNS name and '/'";
    errors.push(fieldError(`spec.${path}`, 'InvalidKey', invalid, message));
  }
  return errors;
}

function checkLabelValues(path: string, labels: StringMap): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    if (LABEL_VALUE.test(value)) return [];
    const message =
      `${path} has the value '${value}': write letters, digits, '-', '_' and '.', with a letter ` +
      'or digit at both ends';
    return [fieldError(`spec.${path}[${key}]`, 'InvalidLabelValue', value, message)];
  });
}
