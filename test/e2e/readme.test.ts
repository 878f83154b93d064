/**
 * The README's steps, word for word, as someone follows them who has a cluster and the image. Its first
 * step, `helm install`, is how the operator came onto the cluster (operator-install.ts).
 */
import { expect, test } from 'vitest';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { apply, helm, kubectl } from './cluster/cluster.ts';
import { atEnd } from './cluster/namespaces.ts';
import { OPERATOR_NAMESPACE, RELEASE } from './install/operator-install.ts';
import { readmeCommand } from './install/readme-commands.ts';
import { POD_PORT, type VerifierReport } from './pods/reports.ts';
import { deployment, service } from './world/pod-specs.ts';
import { askPod, readyPods } from './world/pods-control.ts';
import { issuerPod, untilPublished, verifierPod } from './world/token-pods.ts';

const NAMESPACE = 'default';
const SET = 'payments';
const ISSUER = 'readme-issuer';
const VERIFIER = 'readme-verifier';
const SHOWN_TIMEOUT_MS = 60_000;
const VERIFIED_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 600_000;

test(
  'helm test passes',
  async () => {
    // Helm's own pod is in the operator's namespace, and removes what it made.
    atEnd([], async () => {});
    const [, ...args] = readmeCommand('In a cluster', 'helm', '-n');
    expect(await helm(...args, '--logs')).toMatch(/a token signed by key \S+ was verified/);
  },
  TIMEOUT_MS,
);

test(
  "the README's set, and a pod that mounts its JWKS: a token is verified",
  async () => {
    atEnd([NAMESPACE], removeAll);
    const startMs = performance.now();
    await kubectl(words('apply', '-f', 'docs/examples/payments.yaml'));
    await untilPublished(NAMESPACE, SET);
    const shows = /^payments\s+(?:True|False)\s+#1\s+RS256\s+2\s/m;
    await waitFor(async () => shows.test(await kubectl(words('get', 'sks'))), {
      timeoutMs: SHOWN_TIMEOUT_MS,
      intervalMs: 500,
      describe: 'kubectl get sks to show the set with two keys',
    });
    await apply(
      deployment(NAMESPACE, ISSUER, 1, issuerPod(SET)),
      service(NAMESPACE, ISSUER, ISSUER, POD_PORT),
      deployment(NAMESPACE, VERIFIER, 1, verifierPod(SET, ISSUER, 'mount', 0)),
    );
    await readyPods(NAMESPACE, ISSUER);
    const [verifier] = await readyPods(NAMESPACE, VERIFIER);
    const name = verifier?.metadata.name ?? '';
    const report = await waitFor(
      async () => {
        const now = await askPod<VerifierReport>(NAMESPACE, name, POD_PORT, '/report');
        return now.verified > 0 && now;
      },
      { timeoutMs: VERIFIED_TIMEOUT_MS, intervalMs: 500, describe: 'a token to be verified' },
    );
    recordFigure('fromApplyToVerifiedMs', Math.round(performance.now() - startMs));
    expect(report.rejections).toEqual([]);
  },
  TIMEOUT_MS,
);

/** Of the README's section about the first set, without the word `kubectl`. */
function words(...beginning: readonly string[]): readonly string[] {
  const [, ...args] = readmeCommand('A first set in five minutes', 'kubectl', ...beginning);
  return args;
}

/** What a deleted set leaves is removed as docs/install.md says: as the operator. */
async function removeAll(): Promise<void> {
  const pods = [`deployment/${ISSUER}`, `deployment/${VERIFIER}`, `service/${ISSUER}`];
  await kubectl(['-n', NAMESPACE, 'delete', '--ignore-not-found', ...pods]);
  await kubectl(['-n', NAMESPACE, 'delete', '--ignore-not-found', 'sks', SET]);
  const account = `system:serviceaccount:${OPERATOR_NAMESPACE}:${RELEASE}`;
  const leftovers = ['secret,cm', '-l', `signingkeys.dev/set=${SET}`, '--as', account];
  await kubectl(['-n', NAMESPACE, 'delete', ...leftovers]);
}
