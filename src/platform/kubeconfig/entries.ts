/** Kubeconfig files as they are written: parsed, merged, nothing judged but names. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
// The parser that client-node uses. Its own loadYaml would load all of its models.
import { load } from 'js-yaml';
import { isRecord } from '../../core/formats/is-record.ts';
import { errorCode } from '../error-code.ts';
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';
import { FILE_FIELDS, type Fields, readFields } from './fields.ts';

/** One cluster, user or context. */
export interface Entry {
  readonly name: string;
  /** Absolute. Relative paths in the entry begin in its folder. */
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Entries {
  readonly clusters: readonly Entry[];
  readonly users: readonly Entry[];
  readonly contexts: readonly Entry[];
  /** Empty if no file names one. */
  readonly currentContext: string;
}

type Kind = 'clusters' | 'users' | 'contexts';
/** The field that holds an entry of a list. */
const BODY = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

/**
 * Reads files and merges them. Like kubectl: the first file that defines a name takes precedence.
 * @throws KubeConfigError
 */
export function readEntries(files: readonly string[]): Entries {
  const parsed = files.map((file) => [resolve(file), readFile(resolve(file))] as const);
  const all = (kind: Kind) =>
    parsed
      .flatMap(([file, fields]) => entriesOf(file, fields, kind))
      .filter(({ name }, index, list) => list.findIndex((one) => one.name === name) === index);
  const current = parsed.map(([, fields]) => fields['current-context'] ?? '').find(Boolean);
  return {
    clusters: all('clusters'),
    users: all('users'),
    contexts: all('contexts'),
    currentContext: current ?? '',
  };
}

/** A path of an entry; a relative one begins in the folder of the entry's file. */
export function pathIn(entry: Entry, path: string): string {
  return resolve(dirname(entry.file), path);
}

function readFile(file: string): Fields<typeof FILE_FIELDS> {
  const parsed = parse(file, readText(file));
  // An empty file is a kubeconfig without entries.
  if (parsed === undefined || parsed === null) return {};
  if (!isRecord(parsed)) {
    throw new KubeConfigError(
      `${file} is not a kubeconfig: it has no clusters, contexts and users. ${CORRECT_FILE}`,
    );
  }
  const fields = readFields(`${file} is not a kubeconfig: it`, parsed, FILE_FIELDS);
  const isConfig = (fields.kind ?? 'Config') === 'Config' && (fields.apiVersion ?? 'v1') === 'v1';
  if (isConfig) return fields;
  throw new KubeConfigError(
    `${file} is not a kubeconfig: it must have kind Config and apiVersion v1. ${CORRECT_FILE}`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubeConfigError(
      `cannot read the kubeconfig ${file} (${errorCode(error)}). Pass --kubeconfig FILE or set KUBECONFIG`,
    );
  }
}

/** Never the parser's own message, which quotes the lines around the fault, tokens included. */
function parse(file: string, text: string): unknown {
  if (text.replace(/^\s*#.*$/gm, '').trim() === '') return undefined;
  try {
    return load(text);
  } catch (error) {
    const mark = isRecord(error) && isRecord(error['mark']) ? error['mark']['line'] : undefined;
    const fault =
      typeof mark === 'number' ? `line ${mark + 1} is not valid YAML` : 'it is not valid YAML';
    throw new KubeConfigError(`${file} is not a kubeconfig: ${fault}. ${CORRECT_FILE}`);
  }
}

function entriesOf(file: string, fields: Fields<typeof FILE_FIELDS>, kind: Kind): Entry[] {
  return (fields[kind] ?? []).map((entry, index) => {
    const { name, [BODY[kind]]: body } = entry;
    const fault = (what: string) =>
      new KubeConfigError(`${file} is not a kubeconfig: ${kind}[${index}]${what}. ${CORRECT_FILE}`);
    if (typeof name !== 'string') throw fault('.name is missing');
    if (body !== undefined && body !== null && !isRecord(body)) {
      throw fault(`.${BODY[kind]} must be a mapping`);
    }
    return { name, file, fields: isRecord(body) ? body : {} };
  });
}
