/** `exec` of a kubeconfig: a program that gives credentials. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { errorCode } from '../error-code.ts';
import { CORRECT_FILE, KubeConfigError } from './config-error.ts';
import { type Entry, pathIn } from './entries.ts';
import {
  type CLUSTER_FIELDS,
  EXEC_ENV_FIELDS,
  EXEC_FIELDS,
  type Fields,
  readFields,
} from './fields.ts';

export interface ExecPlugin {
  /** A name in PATH, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** What it gets besides this program's own environment. */
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

const GROUP = 'client.authentication.k8s.io';
/** Of the versions that kubectl knows. The older one has a default for `interactiveMode`. */
const BETA = `${GROUP}/v1beta1`;
const VERSIONS = [`${GROUP}/v1`, BETA];
/** The extension of a cluster that is passed on to its plugins. */
const EXTENSION = `${GROUP}/exec`;
const HINT_LENGTH_MAX = 300;

/**
 * @param where names the user, and begins the message
 * @param cluster what a plugin is told if it asks for it
 * @throws KubeConfigError that names the field, or the command and where it was looked for
 */
export function readExecPlugin(
  where: string,
  entry: Entry,
  given: Readonly<Record<string, unknown>>,
  cluster: { readonly entry: Entry; readonly fields: Fields<typeof CLUSTER_FIELDS> },
): ExecPlugin {
  const exec = readFields(`${where}: exec`, given, EXEC_FIELDS);
  const fault = (text: string) => new KubeConfigError(`${where}: exec.${text}. ${CORRECT_FILE}`);
  if (exec.command === undefined) throw fault('command is missing');
  const { apiVersion = '' } = exec;
  if (!VERSIONS.includes(apiVersion)) throw fault(`apiVersion must be ${VERSIONS.join(' or ')}`);
  const mode = exec.interactiveMode ?? (apiVersion === BETA ? 'IfAvailable' : '');
  if (mode === 'Always') {
    throw fault(
      'interactiveMode is Always, but this program asks nobody. Use a plugin that needs no input',
    );
  }
  if (!['Never', 'IfAvailable'].includes(mode)) {
    throw fault('interactiveMode must be Never, IfAvailable or Always');
  }
  const env = (exec.env ?? []).map((one) => {
    const { name, value = '' } = readFields(`${where}: exec.env`, one, EXEC_ENV_FIELDS);
    if (name === undefined) throw fault('env has an entry without a name');
    return { name, value };
  });
  const info = {
    kind: 'ExecCredential',
    apiVersion,
    spec: {
      ...(exec.provideClusterInfo === true ? { cluster: clusterInfo(cluster) } : {}),
      interactive: false,
    },
  };
  return {
    command: findCommand(where, entry, exec.command, exec.installHint),
    args: exec.args ?? [],
    env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: `${JSON.stringify(info)}\n` }],
  };
}

/** What kubectl tells a plugin of the cluster, by the names of a kubeconfig. */
function clusterInfo(cluster: {
  readonly entry: Entry;
  readonly fields: Fields<typeof CLUSTER_FIELDS>;
}): object {
  const { 'certificate-authority': caFile, extensions = [], ...fields } = cluster.fields;
  const extension = extensions.find(({ name }) => name === EXTENSION)?.['extension'];
  return {
    ...fields,
    ...(caFile === undefined
      ? {}
      : { 'certificate-authority-data': readCa(pathIn(cluster.entry, caFile)) }),
    ...(extension === undefined ? {} : { config: extension }),
  };
}

function readCa(path: string): string {
  try {
    return readFileSync(path).toString('base64');
  } catch (error) {
    throw new KubeConfigError(
      `cannot read the certificate-authority ${path} (${errorCode(error)}). ${CORRECT_FILE}`,
    );
  }
}

/** Like kubectl: a command with a separator is a path in the kubeconfig's folder, another is in PATH. */
function findCommand(
  where: string,
  entry: Entry,
  command: string,
  hint: string | undefined,
): string {
  const isPath = command.includes(sep);
  const path = isPath ? pathIn(entry, command) : command;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const candidates = isPath ? [path] : folders.map((folder) => join(folder, command));
  const faults = candidates.map(executableFault);
  if (faults.includes(null)) return path;
  const code = faults.find((found) => found !== 'ENOENT') ?? 'ENOENT';
  const place = isPath ? '' : ', looked for in the folders of PATH';
  throw new KubeConfigError(
    `${where}: cannot run exec.command ${path} (${code}${place}). ${CORRECT_FILE}${hintText(hint)}`,
  );
}

function executableFault(path: string): string | null {
  try {
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

/** What the kubeconfig's author says to someone who lacks the plugin. */
function hintText(hint: string | undefined): string {
  if (hint === undefined) return '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they could change a terminal.
  const text = hint.replace(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u001f\u007f]+/g, ' ').trim();
  return `. Its installHint says: ${text.slice(0, HINT_LENGTH_MAX)}`;
}
