/** No command of the documents deletes what a living set has, whatever the sets are called. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { kubectl, request } from '../shared-control-plane.ts';
import { eventually, FAST_SPEC, started } from './operator-cases.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function documents(): readonly string[] {
  const below = (folder: string, pattern: RegExp) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name));
  return [
    ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md'],
    ...below('docs', /\.md$/),
    ...below('charts', /(?:NOTES\.txt|README\.md)$/),
    // The event that ends in a command.
    'src/core/report/events.ts',
  ];
}

/** Each deletion, on one line: words, options and variables, up to whatever ends a command. */
function deletions(): readonly { readonly file: string; readonly words: readonly string[] }[] {
  return documents().flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').replace(/\\\n\s*/g, ' ');
    const found = [...text.matchAll(/kubectl ([^\n`|;&#]*\bdelete\b[^\n`|;&#]+)/g)];
    return found.map(([, words = '']) => ({ file, words: words.trim().split(/\s+/) }));
  });
}

interface Scene {
  readonly namespace: string;
  /** Of a set that is gone. */
  readonly goneUid: string;
}

/** The command as somebody types it who follows the document, but in the scene's namespace. */
function typed(words: readonly string[], { namespace, goneUid }: Scene): readonly string[] {
  const text = words
    .join(' ')
    .replace(/ (?:-n|--namespace)[ =]\S+/g, '')
    .replace(/ -A\b| --all-namespaces\b/g, '')
    // Its rights are those of the chart, which is not installed here.
    .replace(/ --as[ =]\S+/g, '')
    .replace(/\$\{LABEL\.setUid\}/, 'signingkeys.dev/set-uid')
    .replace(/['"]/g, '')
    .replace(/(set-uid=)(?:\$\{?\w+\}?|<[^>]*>)/g, `$1${goneUid}`)
    .replace(/(signingkeys\.dev\/set=)<[^>]*>/g, '$1payments');
  return [...text.split(/\s+/), '-n', namespace];
}

/** A command that names the kind itself, a namespace of the release or a file of it, and no object of a set. */
const ABOUT_THE_INSTALLATION =
  /delete (?:crd|namespace|ns|sks|signingkeysets?|pod|deployment)\b|delete -f /;

async function objectsOf(namespace: string, uid: string): Promise<readonly string[]> {
  const selector = `signingkeys.dev/set-uid=${uid}`;
  const printed = await kubectl([
    'get',
    'secret,cm',
    '-n',
    namespace,
    '-l',
    selector,
    '-o',
    'name',
  ]);
  return printed.split('\n').filter(Boolean).sort();
}

async function leftOver(namespace: string, uid: string): Promise<string> {
  const owner = JSON.stringify({ namespace, name: 'payments-old', uid });
  const labels = { 'signingkeys.dev/set': 'payments-old', 'signingkeys.dev/set-uid': uid };
  const metadata = {
    name: 'payments-old-key-1',
    labels,
    annotations: { 'signingkeys.dev/owner': owner },
  };
  const body = { apiVersion: 'v1', kind: 'Secret', type: 'signingkeys.dev/key', metadata };
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  expect(await request({ method: 'POST', path, body })).toMatchObject({ status: 201 });
  return 'secret/payments-old-key-1';
}

test('a documented deletion selects nothing of a living set', async () => {
  const { namespace, sets } = await started('op-deletions');
  const create = async (name: string) => {
    await sets.create(name, FAST_SPEC);
    const uid = String((await sets.read(name)).set.metadata?.uid);
    await eventually(`the objects of ${name}`, async () => {
      // Signer, JWKS, and the Secrets of an active and a standby key.
      return (await objectsOf(namespace, uid)).length >= 4;
    });
    return uid;
  };
  const goneUid = await create('payments');
  await kubectl(['delete', 'sks', 'payments', '-n', namespace]);
  expect((await objectsOf(namespace, goneUid)).length).toBeGreaterThanOrEqual(4);
  // A set of the same name takes everything over; another one has a similar name.
  const living = [await create('payments'), await create('payments-fast')];
  await eventually('everything is taken over', async () => {
    return (await objectsOf(namespace, goneUid)).length === 0;
  });
  const theirs = (await Promise.all(living.map((uid) => objectsOf(namespace, uid)))).flat();
  const left = await leftOver(namespace, goneUid);

  const commands = deletions().filter(({ words }) => !ABOUT_THE_INSTALLATION.test(words.join(' ')));
  const selected = await Promise.all(
    commands.map(async ({ file, words }) => {
      const args = typed(words, { namespace, goneUid });
      const printed = await kubectl([...args, '--dry-run=server', '-o', 'name']);
      return { file, command: args.join(' '), objects: printed.split('\n').filter(Boolean) };
    }),
  );
  const taken = selected.filter(({ objects }) => objects.some((name) => theirs.includes(name)));
  expect(taken).toEqual([]);
  // They are commands that do something, and the test would see it.
  const useful = selected.filter(({ objects }) => objects.includes(left));
  expect(useful.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['docs/operations.md', 'docs/install.md', 'src/core/report/events.ts']),
  );
  const byName = ['delete', 'secret,cm', '-l', 'signingkeys.dev/set=payments', '-n', namespace];
  const harmful = await kubectl([...byName, '--dry-run=server', '-o', 'name']);
  expect(theirs).toEqual(expect.arrayContaining(harmful.split('\n').filter(Boolean)));
});

test('every deletion of the documents is one that the test above runs, or is about the installation', () => {
  const odd = deletions().filter(({ words }) => {
    const text = words.join(' ');
    return !ABOUT_THE_INSTALLATION.test(text) && !/ (?:-l|--selector) /.test(text);
  });
  // A command that names one object of a set: the operator makes it again.
  expect(odd.map(({ words }) => words.join(' '))).toEqual([]);
  expect(deletions().length).toBeGreaterThanOrEqual(8);
});
