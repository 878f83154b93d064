/** The CRD's rules on verifiers and revocations, in the same words. */
import { durationRemedy } from './duration-rules.ts';
import { type FieldError, fieldError } from './field-error.ts';
import type { SigningKeySetSpec, SigningKeySetSpecVerifier } from './signing-key-set.generated.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const PRINTABLE_ASCII = /^[ -~]+$/;

export function checkVerifiers(spec: SigningKeySetSpec): FieldError[] {
  const { verifierCacheTTL, verifiers = [] } = spec;
  if (verifierCacheTTL === undefined && verifiers.length === 0) {
    const message =
      'verifierCacheTTL is missing, and verifiers is empty: write the longest time that any of your ' +
      'verifiers caches the JWKS, such as 10m, or list the verifiers, each with a preset or a cacheTTL';
    return [fieldError('spec.verifierCacheTTL', 'Required', undefined, message)];
  }
  return verifiers.flatMap((verifier, index) => {
    const path = `spec.verifiers[${index}]`;
    return [
      ...checkName(`${path}.name`, verifier.name),
      ...checkOneOf(path, verifier),
      ...checkCacheTtl(`${path}.cacheTTL`, verifier),
    ];
  });
}

function checkName(field: string, name: string): FieldError[] {
  if (DNS_LABEL.test(name)) return [];
  const message =
    `verifiers has the name '${name}': write lower-case letters, digits and '-', starting and ` +
    'ending with a letter or digit';
  return [fieldError(field, 'InvalidName', name, message)];
}

function checkOneOf(field: string, verifier: SigningKeySetSpecVerifier): FieldError[] {
  const { name, preset, cacheTTL } = verifier;
  if ((preset === undefined) !== (cacheTTL === undefined)) return [];
  const message =
    preset === undefined
      ? `verifiers[${name}] has neither preset nor cacheTTL: write one of the two`
      : `verifiers[${name}] has the preset ${preset} and the cacheTTL ${cacheTTL}: write only one of the two`;
  return [fieldError(field, 'PresetOrCacheTTL', verifier, message)];
}

function checkCacheTtl(field: string, verifier: SigningKeySetSpecVerifier): FieldError[] {
  const { name, cacheTTL } = verifier;
  const remedy = cacheTTL === undefined ? null : durationRemedy(cacheTTL, '0s', '8760h');
  if (remedy === null) return [];
  const message = `verifiers[${name}].cacheTTL is '${cacheTTL}': ${remedy}`;
  return [fieldError(field, 'InvalidDuration', cacheTTL, message)];
}

export function checkRevocations({ revocations = [] }: SigningKeySetSpec): FieldError[] {
  return revocations.flatMap(({ kid }, index) => {
    if (PRINTABLE_ASCII.test(kid)) return [];
    const message =
      `revocations has the kid '${kid}': write it as status.keys shows it, in 1 to 128 printable ` +
      'ASCII characters';
    return [fieldError(`spec.revocations[${index}].kid`, 'InvalidKid', kid, message)];
  });
}
