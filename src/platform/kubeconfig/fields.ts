/**
 * The fields of a kubeconfig that kubectl knows, of version 1.36 (client-go's `clientcmd/api/v1`). A
 * field that is not here is refused by its name: it may decide who this program acts as.
 */
import { isRecord } from '../../core/formats/is-record.ts';
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';

/** `base64` is text that is base64; `textLists` has lists of texts by name. */
type FieldKind = 'text' | 'base64' | 'boolean' | 'texts' | 'textLists' | 'record' | 'records';

interface FieldTypes {
  readonly text: string;
  readonly base64: string;
  readonly boolean: boolean;
  readonly texts: readonly string[];
  readonly textLists: Readonly<Record<string, readonly string[]>>;
  readonly record: Readonly<Record<string, unknown>>;
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

type FieldTable = Readonly<Record<string, FieldKind>>;

/** The fields that are there, of the right type. */
export type Fields<T extends FieldTable> = {
  readonly [K in keyof T]?: FieldTypes[T[K]];
};

export const CLUSTER_FIELDS = {
  server: 'text',
  'tls-server-name': 'text',
  'insecure-skip-tls-verify': 'boolean',
  'certificate-authority': 'text',
  'certificate-authority-data': 'base64',
  'proxy-url': 'text',
  // Answers are never compressed for this program, whatever it says.
  'disable-compression': 'boolean',
  // Data of other programs, but for one that is passed on to an exec plugin.
  extensions: 'records',
} as const;

export const USER_FIELDS = {
  'client-certificate': 'text',
  'client-certificate-data': 'base64',
  'client-key': 'text',
  'client-key-data': 'base64',
  token: 'text',
  tokenFile: 'text',
  as: 'text',
  'as-uid': 'text',
  'as-groups': 'texts',
  'as-user-extra': 'textLists',
  username: 'text',
  password: 'text',
  'auth-provider': 'record',
  exec: 'record',
  extensions: 'records',
} as const;

export const CONTEXT_FIELDS = {
  cluster: 'text',
  user: 'text',
  namespace: 'text',
  extensions: 'records',
} as const;

export const EXEC_FIELDS = {
  command: 'text',
  args: 'texts',
  env: 'records',
  apiVersion: 'text',
  installHint: 'text',
  provideClusterInfo: 'boolean',
  interactiveMode: 'text',
} as const;

export const EXEC_ENV_FIELDS = { name: 'text', value: 'text' } as const;

/** Of the whole file. */
export const FILE_FIELDS = {
  apiVersion: 'text',
  kind: 'text',
  'current-context': 'text',
  clusters: 'records',
  users: 'records',
  contexts: 'records',
  // Colours of kubectl, and data of other programs.
  preferences: 'record',
  extensions: 'records',
} as const;

const KINDS: Readonly<Record<FieldKind, { isIt(value: unknown): boolean; name: string }>> = {
  text: { isIt: isText, name: 'a text' },
  base64: { isIt: isBase64, name: 'base64' },
  boolean: { isIt: (value) => typeof value === 'boolean', name: 'true or false' },
  texts: { isIt: (value) => isListOf(value, isText), name: 'a list of texts' },
  textLists: {
    isIt: (value) =>
      isRecord(value) && Object.values(value).every((texts) => isListOf(texts, isText)),
    name: 'lists of texts by name',
  },
  record: { isIt: isRecord, name: 'a mapping' },
  records: { isIt: (value) => isListOf(value, isRecord), name: 'a list of mappings' },
};

/**
 * Checks the names and types of fields. What is `null` or an empty text is not set, as for kubectl.
 * @param where begins the message: `config: the user "a"`
 * @throws KubeConfigError that names the field, and never its value
 */
export function readFields<T extends FieldTable>(
  where: string,
  value: Readonly<Record<string, unknown>>,
  table: T,
): Fields<T> {
  const fields: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) {
      throw new KubeConfigError(`${where} has ${unknownField(name)}. ${CORRECT_FILE}`);
    }
    if (given === null || given === '') continue;
    if (!KINDS[kind].isIt(given)) {
      throw new KubeConfigError(`${where}: ${name} must be ${KINDS[kind].name}. ${CORRECT_FILE}`);
    }
    fields[name] = given;
  }
  return fields as Fields<T>;
}

/** A name that nobody could have meant as one may be a part of something secret. */
function unknownField(name: string): string {
  return /^[A-Za-z][A-Za-z0-9-]{0,40}$/.test(name)
    ? `a field "${name}", which kubectl does not know`
    : 'a field that kubectl does not know';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isListOf(value: unknown, isOne: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

/** As Go reads it: padded, and with nothing else but ends of lines. */
function isBase64(value: unknown): boolean {
  if (!isText(value)) return false;
  const text = value.replace(/[\r\n]/g, '');
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
