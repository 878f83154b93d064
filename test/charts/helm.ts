/** Helm as users run it, with a home of its own, and what it renders. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { sharedControlPlane } from '../cluster/shared-control-plane.ts';
import { runHelm } from '../tools/run-helm.ts';

export const CHARTS = fileURLToPath(new URL('../../charts', import.meta.url));
export const OPERATOR_CHART = join(CHARTS, 'signing-key-operator');
export const SERVER_CHART = join(CHARTS, 'jwks-server');

/** What tests look at of a Kubernetes object. */
export interface KubeManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Runs Helm against the shared control plane. @throws Error with what it printed to stderr */
export function helm(...args: readonly string[]): Promise<string> {
  const { path, homeFolder } = inject('helm');
  const kubeconfigPath = sharedControlPlane().users['admin']?.kubeconfigPath;
  if (kubeconfigPath === undefined) throw new Error('the control plane has no user admin');
  return runHelm({ binary: path, kubeconfigPath, homeFolder }, args);
}

export type Values = Readonly<Record<string, unknown>>;

/** Each value as its own flag: text stays text, and everything else is JSON. */
export function setFlags(values: Values): readonly string[] {
  return Object.entries(values).flatMap(([path, value]) => [
    '--set-json',
    `${path}=${JSON.stringify(value)}`,
  ]);
}

export interface Rendering {
  readonly chart: string;
  readonly namespace: string;
  readonly values?: Values;
  readonly apis?: readonly string[];
  readonly flags?: readonly string[];
}

/** What `helm template` prints, for a release that is named as the chart. */
export function render(rendering: Rendering): Promise<string> {
  const { chart, namespace, values = {}, apis = [], flags = [] } = rendering;
  const name = chart === OPERATOR_CHART ? 'signing-key-operator' : 'payments';
  return helm(
    ...['template', name, chart, '--namespace', namespace],
    ...setFlags(values),
    ...apis.flatMap((api) => ['--api-versions', api]),
    ...flags,
  );
}

export async function renderObjects(rendering: Rendering): Promise<readonly KubeManifest[]> {
  return objectsIn(await render(rendering));
}

/** @throws Error if it is no YAML, or has a key twice, which tools after Helm may refuse */
export function objectsIn(text: string): readonly KubeManifest[] {
  return [...parseAllDocuments(text)]
    .map((document): unknown => {
      for (const error of document.errors) throw error;
      return document.toJS();
    })
    .filter((object): object is KubeManifest => object !== null);
}

export function find(objects: readonly KubeManifest[], kind: string, name?: string): KubeManifest {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  const [only] = found;
  if (found.length === 1 && only !== undefined) return only;
  const there = objects.map((object) => `${object.kind} ${object.metadata.name}`).join(', ');
  throw new Error(`there are ${found.length} of ${kind} ${name ?? ''} in: ${there}`);
}
