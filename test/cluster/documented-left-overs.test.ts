/** What deleted sets left behind: the documented commands find and delete it, and nothing of a living set. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { eventually, FAST_SPEC, started } from './operator/operator-cases.ts';
import { kubectl, sharedControlPlane } from './shared-control-plane.ts';

const run = promisify(execFile);

/** The block of commands of docs/operations.md that begins like this. */
function documented(begin: string): string {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const found = blocks.filter((block) => block.startsWith(begin));
  if (found.length !== 1) throw new Error(`${found.length} blocks begin with ${begin}`);
  return found[0] ?? '';
}

/** As a reader pastes it into a shell, with variables that are set already. */
async function shell(commands: string, env: Readonly<Record<string, string>> = {}) {
  const { kubectlPath, users } = sharedControlPlane();
  const PATH = `${dirname(kubectlPath)}:${process.env['PATH']}`;
  const KUBECONFIG = users['admin']?.kubeconfigPath ?? '';
  return await run('bash', ['-c', commands], { env: { ...process.env, PATH, KUBECONFIG, ...env } });
}

/** `kind/name set uid` of each line of this namespace: other tests have sets of their own. */
function linesOf(stdout: string, namespace: string): readonly string[] {
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([of]) => of === namespace)
    .map((row) => [row[1], ...row.slice(-2)].join(' '))
    .sort();
}

/** Of the whole namespace, as `kind/name uid of the set`. */
async function objectsIn(namespace: string): Promise<readonly string[]> {
  const template =
    '{range .items[*]}{.kind}/{.metadata.name} {.metadata.labels.signingkeys\\.dev/set-uid}{"\\n"}{end}';
  const selector = ['-n', namespace, '-l', 'signingkeys.dev/set-uid', '-o', `jsonpath=${template}`];
  const printed = await kubectl(['get', 'secret,cm', ...selector]);
  return printed
    .split('\n')
    .filter(Boolean)
    .map((line) => line.toLowerCase())
    .sort();
}

const LIST = documented('living=');

test('what a deleted set left is listed, counted and deleted, beside sets of similar names', async () => {
  const { namespace, operator, sets } = await started('op-left-overs');
  const create = async (name: string) => {
    await sets.create(name, FAST_SPEC);
    const uid = String((await sets.read(name)).set.metadata?.uid);
    await eventually(`the objects of ${name}`, async () => {
      return (await objectsIn(namespace)).filter((line) => line.endsWith(uid)).length >= 4;
    });
    return uid;
  };
  const gone = await create('payments');
  const living = [await create('payments-old'), await create('payments-2')];
  // A rotation may be adding or removing one of theirs.
  const steady = async (uid: string) =>
    (await objectsIn(namespace)).filter((line) => /signer|jwks/.test(line) && line.endsWith(uid));
  expect(linesOf((await shell(LIST)).stdout, namespace)).toEqual([]);

  await kubectl(['delete', 'sks', 'payments', '-n', namespace]);
  const left = (await objectsIn(namespace)).filter((line) => line.endsWith(gone));
  expect(left.length).toBeGreaterThanOrEqual(4);
  const listed = linesOf((await shell(LIST)).stdout, namespace);
  expect(listed.map((line) => line.replace('secret/', '').replace('configmap/', ''))).toEqual(
    left.map((line) => line.replace(/^\w+\/(\S+) /, '$1 payments ')).sort(),
  );
  const secrets = left.filter((line) => line.startsWith('secret/')).length;
  const series = `signingkeys_left_over_secrets{namespace="${namespace}",set="payments",uid="${gone}"}`;
  const scrape = async () => {
    const text = await (await fetch(`${await operator.url()}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith('signingkeys_left_over_secrets{'));
  };
  await eventually('the metric counts them', async () => {
    return (await scrape()).join() === `${series} ${secrets}`;
  });

  // Its rights are those of the chart, which is not installed here.
  const deletion = documented('uid=')
    .replace(/--as \S+/, `-n ${namespace}`)
    .split('\n')
    .slice(2);
  await shell(deletion.join('\n'), { uid: gone });
  expect((await objectsIn(namespace)).filter((line) => line.endsWith(gone))).toEqual([]);
  for (const uid of living) expect(await steady(uid)).toHaveLength(2);
  expect(linesOf((await shell(LIST)).stdout, namespace)).toEqual([]);
  await eventually('the metric counts none', async () => (await scrape()).length === 0);
});

test('nothing is listed if the living sets cannot be read', async () => {
  const broken = LIST.replace('kubectl get sks', 'kubectl get no-such-kind');
  await expect(shell(broken)).rejects.toMatchObject({
    stdout: '',
    stderr: expect.stringContaining('no-such-kind'),
  });
});
