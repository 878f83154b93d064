/** Private keys that someone has put into the JWKS ConfigMap, which verifiers mount. */
import { holdsPrivateKey } from '../../core/formats/private-key.ts';
import { OWN_FILES } from '../../core/formats/served-set.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { fieldsOf } from './fields.ts';

/** @param value of `data`, or of `binaryData`, which is in base64 */
export function exposes(value: unknown): boolean {
  return typeof value === 'string' && holdsPrivateKey(value);
}

/** @returns the names of entries that are not the operator's and hold a private key */
export function exposingEntries(configMap: KubeObject): readonly string[] {
  const all = [...entriesOf(configMap['data']), ...entriesOf(configMap['binaryData'])];
  return all
    .filter(([name, value]) => !OWN_FILES.includes(name) && exposes(value))
    .map(([name]) => name);
}

function entriesOf(entries: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(fieldsOf(entries));
}
