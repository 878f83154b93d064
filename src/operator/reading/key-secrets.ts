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

export interface KeySecretsSought {
  /** The metadata of those that carry the set's label; null: this reading made no list. */
  readonly listed: readonly KubeObject[] | null;
  /** The newest of the ledgers; null if none can be read. */
  readonly ledger: Ledger | null;
  /** Whether the set has a signer or a JWKS: without them it has no key that could be missed. */
  readonly hasObjects: boolean;
  /** The one whose key the next write copies: it is read with its key. */
  readonly source: string | null;
}

export interface FoundKeySecrets {
  /** By ordinal. */
  readonly keySecrets: readonly ObservedKeySecret[];
  /** The one that was sought as the source, with its key; null if it is not there. */
  readonly source: KubeObject | null;
}

/** The metadata of those that carry the set's label. */
export async function listKeySecrets(
  reader: LiveReader,
  setName: string,
): Promise<readonly KubeObject[]> {
  return await reader.list(SECRETS, `${LABEL.set}=${setName}`, `type=${SECRET_TYPE.key}`);
}

/**
 * The listed ones, or without a list those that are known; those that the ledger names; and those whose
 * names a POST found taken.
 */
export async function readKeySecrets(
  reader: LiveReader,
  memory: SetMemory,
  setName: string,
  sought: KeySecretsSought,
): Promise<FoundKeySecrets> {
  const { listed, ledger, source } = sought;
  const found = new Map((listed ?? []).map((secret) => [secret.metadata.name ?? '', secret]));
  const known = [...(listed === null ? memory.known.names : found.keys())];
  const expected = expectedKeys(sought, known, setName);
  const named = [...expected.keys()].map((ordinal) => keySecretName(setName, ordinal));
  const names = new Set([...known, ...named, ...memory.takenNames]);
  const read = await Promise.all(
    [...names].map(async (name): Promise<ReadSecret | null> => {
      const ordinal = ordinalOfKeySecret(setName, name);
      if (ordinal === null) return null;
      const jwk = expected.get(ordinal) ?? null;
      const isSource = name === source;
      return await readKeySecret(reader, memory, found.get(name), { name, ordinal, jwk, isSource });
    }),
  );
  const there = read.filter((each) => each !== null);
  if (ledger !== null) forgetGone(memory, names, there);
  return {
    keySecrets: there.map(({ observed }) => observed).sort((a, b) => a.ordinal - b.ordinal),
    source: there.find(({ observed }) => observed.meta.name === source)?.object ?? null,
  };
}

/** A late POST, or whoever brings one of them back, is reported by a watch. */
function forgetGone({ known }: SetMemory, names: Iterable<string>, there: readonly ReadSecret[]) {
  const present = new Set(there.map(({ observed }) => observed.meta.name));
  for (const name of names) if (!present.has(name)) known.forget(name);
}

interface SoughtKey {
  readonly name: string;
  readonly ordinal: number;
  readonly jwk: PublicJwk | null;
  readonly isSource: boolean;
}

interface ReadSecret {
  readonly observed: ObservedKeySecret;
  /** With its data; null if the metadata was enough. */
  readonly object: KubeObject | null;
}

async function readKeySecret(
  reader: LiveReader,
  memory: SetMemory,
  listed: KubeObject | undefined,
  sought: SoughtKey,
): Promise<ReadSecret | null> {
  const { keyContents, verdicts } = memory;
  const { name, ordinal, jwk, isSource } = sought;
  if (!isSource && (listed !== undefined || keyContents.knows(name))) {
    const shown = listed ?? (await reader.getMetadata(SECRETS, name));
    if (shown === null) return null;
    const known = keyContents.find(shown.metadata, jwk);
    if (known !== null) {
      return { observed: { meta: metaOf(shown), ordinal, ...known }, object: null };
    }
  }
  const secret = await reader.get(SECRETS, name);
  if (secret === null) return null;
  const typeFits = secret['type'] === SECRET_TYPE.key;
  const held = { typeFits, content: keyContentOf(verdicts, secret, jwk) };
  keyContents.remember(secret.metadata, jwk, secret['immutable'] === true, held);
  return { observed: { meta: metaOf(secret), ordinal, ...held }, object: secret };
}

function expectedKeys(
  { ledger, listed, hasObjects }: KeySecretsSought,
  names: readonly string[],
  setName: string,
): ExpectedKeys {
  if (ledger !== null) return keysOf(ledger);
  return listed === null || !hasObjects ? new Map() : firstKeys(names, setName);
}

/**
 * Before there is a ledger, only a list by label shows key Secrets, and a list may come from a
 * cache. A key whose Secret is missing in it would count as lost, so the first ones are asked for by
 * name as well.
 */
function firstKeys(names: readonly string[], setName: string): ExpectedKeys {
  const ordinals = names.map((name) => ordinalOfKeySecret(setName, name));
  const highest = Math.max(0, ...ordinals.filter((ordinal) => ordinal !== null));
  const count = Math.min(highest + 1, FIRST_KEYS_MAX);
  return new Map(Array.from({ length: count }, (_, index) => [index + 1, null]));
}

function keysOf({ keys }: Ledger): ExpectedKeys {
  return new Map(keys.map(({ ordinal, publicJwk }) => [ordinal, publicJwk]));
}
