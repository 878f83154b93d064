/** The Secrets of a set's single keys: which of them to look for, and what each turned out to hold. */
import type { PublicJwk } from '../../core/formats/jwk.ts';
import { keySecretName, LABEL, ordinalOfKeySecret, SECRET_TYPE } from '../../core/formats/names.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { ObservedKeySecret } from '../../core/reading/model.ts';
import type { KubeObject } from '../../platform/kube/resource.ts';
import { SECRETS } from '../../platform/kube/resources.ts';
import type { SetMemory } from '../memory/set-memory.ts';
import type { LiveReader } from './live-reader.ts';
import { metaOf } from './observed-objects.ts';
import { keyContentOf } from './secret-content.ts';

/** The maximum number of key Secrets that are asked for by name if no ledger names them. */
const FIRST_KEYS_MAX = 8;

/** By its ordinal what is known of a key: its JWK, or null if only the name is known. */
type ExpectedKeys = ReadonlyMap<number, PublicJwk | null>;

/** The metadata of those that carry the set's label. */
export async function listKeySecrets(
  reader: LiveReader,
  setName: string,
): Promise<readonly KubeObject[]> {
  return await reader.list(SECRETS, `${LABEL.set}=${setName}`, `type=${SECRET_TYPE.key}`);
}

/** The listed ones, those that the ledger names, and those whose names a POST found taken. */
export async function readKeySecrets(
  reader: LiveReader,
  memory: SetMemory,
  setName: string,
  listed: readonly KubeObject[],
  ledger: Ledger | null,
): Promise<readonly ObservedKeySecret[]> {
  const expected = ledger === null ? firstKeys(listed, setName) : keysOf(ledger);
  const found = new Map(listed.map((secret) => [secret.metadata.name ?? '', secret]));
  const named = [...expected.keys()].map((ordinal) => keySecretName(setName, ordinal));
  const names = new Set([...found.keys(), ...named, ...memory.takenNames]);
  const secrets = await Promise.all(
    [...names].map(async (name): Promise<ObservedKeySecret | null> => {
      const ordinal = ordinalOfKeySecret(setName, name);
      if (ordinal === null) return null;
      const sought = { name, ordinal, jwk: expected.get(ordinal) ?? null };
      return await readKeySecret(reader, memory, found.get(name), sought);
    }),
  );
  return secrets.filter((secret) => secret !== null).sort((a, b) => a.ordinal - b.ordinal);
}

interface SoughtKey {
  readonly name: string;
  readonly ordinal: number;
  readonly jwk: PublicJwk | null;
}

async function readKeySecret(
  reader: LiveReader,
  { keyContents, verdicts }: SetMemory,
  listed: KubeObject | undefined,
  { name, ordinal, jwk }: SoughtKey,
): Promise<ObservedKeySecret | null> {
  const known = listed === undefined ? null : keyContents.find(listed.metadata, jwk);
  if (listed !== undefined && known !== null) {
    // The list was by type, so the type fits.
    return { meta: metaOf(listed), typeFits: true, ordinal, content: known };
  }
  const secret = await reader.get(SECRETS, name);
  if (secret === null) return null;
  const content = keyContentOf(verdicts, secret, jwk);
  keyContents.remember(secret.metadata, jwk, secret['immutable'] === true, content);
  return { meta: metaOf(secret), typeFits: secret['type'] === SECRET_TYPE.key, ordinal, content };
}

/**
 * Before there is a ledger, only a list by label shows key Secrets, and a list may come from a
 * cache. A key whose Secret is missing in it would count as lost, so the first ones are asked for by
 * name as well.
 */
function firstKeys(listed: readonly KubeObject[], setName: string): ExpectedKeys {
  const ordinals = listed.map(({ metadata }) => ordinalOfKeySecret(setName, metadata.name ?? ''));
  const highest = Math.max(0, ...ordinals.filter((ordinal) => ordinal !== null));
  const count = Math.min(highest + 1, FIRST_KEYS_MAX);
  return new Map(Array.from({ length: count }, (_, index) => [index + 1, null]));
}

function keysOf({ keys }: Ledger): ExpectedKeys {
  return new Map(keys.map(({ ordinal, publicJwk }) => [ordinal, publicJwk]));
}
