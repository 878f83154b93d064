/** Edits of a spec, as the scenarios write them: `T=8s`. */
import { child, type JsonObject } from '../../fake-api/json/json.ts';

/** The path in the spec of a field's short name. */
const FIELDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  T: ['tokenTTL'],
  C: ['verifierCacheTTL'],
  H: ['timing', 'sharedCacheTTL'],
  P: ['timing', 'publicationDelay'],
  Ps: ['timing', 'signerRefreshDelay'],
  L: ['timing', 'verifierLeeway'],
  S: ['timing', 'clockSkew'],
  I: ['rotation', 'interval'],
  standby: ['rotation', 'standby'],
  suspend: ['rotation', 'suspend'],
  algorithm: ['algorithm'],
  issuer: ['issuer'],
  reload: ['signer', 'reload'],
  deletionPolicy: ['deletionPolicy'],
  onRevokeWithoutStandby: ['onRevokeWithoutStandby'],
  verifiers: ['verifiers'],
};

/** @throws if the field is not known */
export function editSpec(spec: JsonObject, edit: string): JsonObject {
  const [short = '', value = ''] = edit.split('=');
  // Names with commas between.
  if (short === 'restart') {
    const restart = value.split(',').map((name) => ({ kind: 'Deployment', name }));
    spec['signer'] = { ...child(spec, 'signer'), restart };
    return spec;
  }
  const path = FIELDS[short];
  if (path === undefined) throw new Error(`the field ${short} is not known`);
  const [first, second] = path;
  const json = jsonOf(first, value);
  if (value === '') delete spec[first];
  else if (second === undefined) spec[first] = json;
  else spec[first] = { ...child(spec, first), [second]: json };
  return spec;
}

/** `verifiers=gateway:envoy,mobile:1h`: of each its name, and its preset or how long it caches. */
function jsonOf(field: string, value: string): JsonObject | JsonObject[] | string | boolean {
  if (field === 'verifiers') return value.split(',').map(verifierOf);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

function verifierOf(text: string): JsonObject {
  const [name = '', how = ''] = text.split(':');
  return /^\d/.test(how) ? { name, cacheTTL: how } : { name, preset: how };
}
