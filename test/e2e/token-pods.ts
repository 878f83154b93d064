/** An issuer with the JWKS server beside it, and verifiers, around one set; all in its namespace. */
import { apply } from './cluster.ts';
import { deployment, type PodSetup, service } from './pod-specs.ts';
import { type IssuerReport, POD_PORT, type VerifierReport } from './pods/reports.ts';
import { askPod, type Pod, podsOf, readyPods } from './pods-control.ts';

const JWKS_PORT = 8080;
const OPERATIONS_PORT = 8081;
const SIGNER_DIR = '/var/run/signing-key';
const JWKS_DIR = '/var/run/jwks';

/** How a verifier gets its keys. */
export const WAYS = ['mount', 'sidecar'] as const;
export type Way = (typeof WAYS)[number];

export interface TokenReports {
  readonly issuer: IssuerReport;
  readonly verifiers: Readonly<Record<Way, VerifierReport>>;
}

export interface TokenPods {
  /** Waits until all of them are Ready. */
  ready(): Promise<void>;
  reports(): Promise<TokenReports>;
  /** How often any container of theirs was started again: with it, what it had counted is lost. */
  restarts(): Promise<number>;
}

/** @param cacheMs C of the set */
export async function startTokenPods(
  namespace: string,
  set: string,
  cacheMs: number,
): Promise<TokenPods> {
  const issuer = `${set}-issuer`;
  const name = (way: Way) => `${set}-verifier-by-${way}`;
  await apply(
    deployment(namespace, issuer, 1, issuerPod(set)),
    service(namespace, issuer, issuer, POD_PORT),
    service(namespace, `${set}-jwks`, issuer, JWKS_PORT),
    ...WAYS.map((way) =>
      deployment(namespace, name(way), 1, verifierPod(set, issuer, way, cacheMs)),
    ),
  );
  const apps = [issuer, ...WAYS.map(name)];
  const report = async <T>(app: string): Promise<T> => {
    const [pod] = await podsOf(namespace, app);
    return await askPod<T>(namespace, pod?.metadata.name ?? '', POD_PORT, '/report');
  };
  return {
    ready: async () => {
      await Promise.all(apps.map((app) => readyPods(namespace, app)));
    },
    reports: async () => ({
      issuer: await report(issuer),
      verifiers: { mount: await report(name('mount')), sidecar: await report(name('sidecar')) },
    }),
    restarts: async () => {
      const pods = await Promise.all(apps.map((app) => podsOf(namespace, app)));
      return pods.flat().reduce((sum, pod) => sum + restartsOf(pod), 0);
    },
  };
}

function restartsOf({ status }: Pod): number {
  return (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

const readiness = { path: '/report', port: POD_PORT };

function issuerPod(set: string): PodSetup {
  return {
    containers: [
      {
        name: 'issuer',
        image: 'pods',
        args: ['issuer'],
        env: [{ name: 'SIGNER_DIR', value: SIGNER_DIR }],
        ports: { tokens: POD_PORT },
        readiness,
        mounts: [{ name: 'signing-key', mountPath: SIGNER_DIR }],
      },
      {
        name: 'jwks-server',
        image: 'program',
        args: ['serve', '--dir', JWKS_DIR],
        ports: { jwks: JWKS_PORT },
        readiness: { path: '/readyz', port: OPERATIONS_PORT },
        mounts: [{ name: 'jwks', mountPath: JWKS_DIR }],
      },
    ],
    volumes: [
      { name: 'signing-key', secret: { secretName: `${set}-signer` } },
      { name: 'jwks', configMap: { name: `${set}-jwks` } },
    ],
  };
}

function verifierPod(set: string, issuer: string, way: Way, cacheMs: number): PodSetup {
  const jwks = way === 'mount' ? JWKS_DIR : `http://${set}-jwks:${JWKS_PORT}/.well-known/jwks.json`;
  const flags = ['--issuer', `http://${issuer}:${POD_PORT}`, '--jwks', jwks];
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
