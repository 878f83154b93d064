/**
 * An issuer with the JWKS server as a sidecar, JWKS servers of the chart, and verifiers, around one
 * set; all in its namespace.
 */
import { waitFor } from '../../support/wait/wait-for.ts';
import { apply, kubectl, read } from '../cluster/cluster.ts';
import type { Library } from '../pods/key-libraries.ts';
import {
  type IssuerReport,
  type Judgement,
  LIFETIME_VARIABLE,
  POD_PORT,
  SIGNER_VARIABLES,
  type VerifierReport,
} from '../pods/reports.ts';
import {
  addSidecar,
  installJwksServer,
  JWKS_PATH,
  JWKS_PORT,
  jwksRelease,
  jwksServersReady,
} from './jwks-servers.ts';
import { deployment, type PodSetup, service } from './pod-specs.ts';
import { askPod, type Pod, podsOf, readyPods } from './pods-control.ts';
import { SHORT_TERMS, type Terms } from './signing-key-sets.ts';

const SIGNER_DIR = '/var/run/signing-key';
const JWKS_DIR = '/var/run/jwks';
const PUBLISHED_TIMEOUT_MS = 120_000;
/** The cluster's DNS may be away, after the API server was. */
const JUDGED_TIMEOUT_MS = 120_000;

/** How a verifier gets its keys. */
export const WAYS = ['mount', 'sidecar', 'service'] as const;
export type Way = (typeof WAYS)[number];

export interface TokenReports {
  readonly issuer: IssuerReport;
  readonly verifiers: Readonly<Record<Way, VerifierReport>>;
}

export interface TokenPods {
  /** Waits until all of them are Ready. */
  ready(): Promise<void>;
  reports(): Promise<TokenReports>;
  /** Whether a verifier accepts this token now. */
  accepts(way: Way, token: string): Promise<boolean>;
  /** How often any container of theirs was started again: with it, what it had counted is lost. */
  restarts(): Promise<number>;
}

/** `issuer` follows a mount as docs/issuers.md says; `issuer-once` takes the signer by its environment. */
export type IssuerKind = 'issuer' | 'issuer-once';

export async function startTokenPods(
  namespace: string,
  set: string,
  terms: Terms,
  kind: IssuerKind,
): Promise<TokenPods> {
  const issuer = `${set}-issuer`;
  const name = (way: Way) => `${set}-verifier-by-${way}`;
  await untilPublished(namespace, set);
  await installJwksServer(namespace, set);
  await apply(
    // No pod of it before it has the sidecar: the Service would lead to one that does not answer.
    deployment(namespace, issuer, 0, issuerPod(set, terms, kind)),
    service(namespace, issuer, issuer, POD_PORT),
    service(namespace, sidecarService(set), issuer, JWKS_PORT),
    ...WAYS.map((way) =>
      deployment(namespace, name(way), 1, verifierPod(set, issuer, way, terms.cacheSeconds * 1000)),
    ),
  );
  await addSidecar(namespace, issuer, `${set}-jwks`);
  await kubectl(['-n', namespace, 'scale', 'deployment', issuer, '--replicas=1']);
  const apps = [issuer, ...WAYS.map(name)];
  const ask = async <T>(app: string, path: string): Promise<T> => {
    const [pod] = await podsOf(namespace, app);
    return await askPod<T>(namespace, pod?.metadata.name ?? '', POD_PORT, path);
  };
  const report = <T>(app: string) => ask<T>(app, '/report');
  return {
    ready: async () => {
      await Promise.all([
        ...apps.map((app) => readyPods(namespace, app)),
        jwksServersReady(namespace, set),
      ]);
    },
    reports: async () => ({
      issuer: await report(issuer),
      verifiers: {
        mount: await report(name('mount')),
        sidecar: await report(name('sidecar')),
        service: await report(name('service')),
      },
    }),
    accepts: async (way, token) => {
      const judge = () => ask<Judgement>(name(way), `/judge?token=${token}`);
      const verdict = await waitFor(async () => (await judge()).verdict, {
        timeoutMs: JUDGED_TIMEOUT_MS,
        intervalMs: 1_000,
        describe: `the verifier by ${way} to get keys to judge by`,
      });
      return verdict === 'accepted';
    },
    restarts: async () => {
      const pods = await Promise.all(apps.map((app) => podsOf(namespace, app)));
      return pods.flat().reduce((sum, pod) => sum + restartsOf(pod), 0);
    },
  };
}

/** A kubelet that can't mount what is not there yet waits longer after each try. */
export async function untilPublished(namespace: string, set: string): Promise<void> {
  const objects = [`secrets/${set}-signer`, `configmaps/${set}-jwks`];
  const isThere = async (object: string) =>
    (await read(`/api/v1/namespaces/${namespace}/${object}`)) !== null;
  await waitFor(async () => (await Promise.all(objects.map(isThere))).every(Boolean), {
    timeoutMs: PUBLISHED_TIMEOUT_MS,
    intervalMs: 250,
    describe: `signer and JWKS of ${set}`,
  });
}

function restartsOf({ status }: Pod): number {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses].reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );
}

function sidecarService(set: string): string {
  return `${set}-issuer-jwks`;
}

function jwksFor(set: string, way: Way): string {
  switch (way) {
    case 'mount':
      return JWKS_DIR;
    case 'sidecar':
      return `http://${sidecarService(set)}:${JWKS_PORT}${JWKS_PATH}`;
    case 'service':
      return `http://${jwksRelease(set)}${JWKS_PATH}`;
  }
}

/** What verifiers run: two libraries that cache in different ways. */
const LIBRARIES: Readonly<Record<Way, Library>> = {
  mount: 'jose',
  sidecar: 'jose',
  service: 'jwks-rsa',
};

const readiness = { path: '/report', port: POD_PORT };

export function issuerPod(
  set: string,
  terms: Terms = SHORT_TERMS,
  kind: IssuerKind = 'issuer',
): PodSetup {
  const secretName = `${set}-signer`;
  const lifetime = { name: LIFETIME_VARIABLE, value: String(terms.tokenLifetimeSeconds) };
  const once = kind === 'issuer-once';
  return {
    containers: [
      {
        name: 'issuer',
        image: 'pods',
        args: [kind],
        env: [
          lifetime,
          ...(once ? signerVariables(secretName) : [{ name: 'SIGNER_DIR', value: SIGNER_DIR }]),
        ],
        ports: { tokens: POD_PORT },
        readiness,
        ...(once ? {} : { mounts: [{ name: 'signing-key', mountPath: SIGNER_DIR }] }),
      },
    ],
    ...(once ? {} : { volumes: [{ name: 'signing-key', secret: { secretName } }] }),
  };
}

function signerVariables(secretName: string): readonly object[] {
  return Object.entries(SIGNER_VARIABLES).map(([key, name]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secretName, key } },
  }));
}

export function verifierPod(set: string, issuer: string, way: Way, cacheMs: number): PodSetup {
  const flags = [
    ...['--issuer', `http://${issuer}:${POD_PORT}`, '--jwks', jwksFor(set, way)],
    ...['--library', LIBRARIES[way]],
  ];
  return {
    containers: [
      {
        name: 'verifier',
        image: 'pods',
        args: ['verifier', ...flags, '--cache-ms', String(cacheMs)],
        ports: { report: POD_PORT },
        readiness,
        ...(way === 'mount' ? { mounts: [{ name: 'jwks', mountPath: JWKS_DIR }] } : {}),
      },
    ],
    ...(way === 'mount' ? { volumes: [{ name: 'jwks', configMap: { name: `${set}-jwks` } }] } : {}),
  };
}
