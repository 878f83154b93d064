/** What `make node` tells its users to type is what the charts and the documents have. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { instructions } from '../e2e/node/instructions.ts';
import { CHARTS, helm, type KubeManifest } from './helm.ts';

const ROOT = join(CHARTS, '..');
const ACCESS = { kubeconfigPath: '/tmp/kubeconfig', programFolders: ['/a', '/b', '/a'] };

/** What an installation would create, for its words: `helm install …` rendered. */
async function rendered(line: string): Promise<readonly KubeManifest[]> {
  const [, , release = '', chart = '', ...flags] = line.split(' ');
  // The words are for the project's folder. `template` knows no ownership.
  const kept = flags.filter((flag) => flag !== '--take-ownership');
  const text = await helm('template', release, join(ROOT, chart), ...kept);
  return parseAllDocuments(text).map((document) => document.toJS() as KubeManifest);
}

function imagesOf(objects: readonly KubeManifest[]): readonly string[] {
  const workloads = objects.filter(({ kind }) => kind === 'Deployment');
  return [...JSON.stringify(workloads).matchAll(/"image":"([^"]+)"/g)].map(
    ([, image = '']) => image,
  );
}

describe.each(['signing-key-operator.test/program:0.1.0', 'registry.test:5000/program:other'])(
  'with the image %s',
  (image) => {
    const lines = instructions({ ...ACCESS, image });
    const installs = lines.filter((line) => line.startsWith('helm install '));

    test('both charts run it', async () => {
      expect(installs).toHaveLength(2);
      for (const line of installs) expect(imagesOf(await rendered(line))).toEqual([image]);
    });

    test('the JWKS is asked for where the chart serves it', async () => {
      const objects = (await Promise.all(installs.map(rendered))).flat();
      const services = objects.flatMap(({ kind, metadata }) =>
        kind === 'Service' ? [metadata.name] : [],
      );
      const [, asked = ''] = /services\/([\w-]+):http\/proxy/.exec(lines.join('\n')) ?? [];
      expect(services).toContain(asked);
    });
  },
);

test('every line is a command, or a comment; its programs are on the PATH; its files are there', () => {
  const lines = instructions({ ...ACCESS, image: 'a:b' });
  const commands = lines.filter((line) => !line.startsWith('# '));
  expect(commands.map((line) => line.split(' ')[0])).toEqual([
    ...['export', 'export', 'helm', 'kubectl', 'helm', 'kubectl'],
  ]);
  expect(commands[1]).toBe('export PATH=/a:/b:$PATH');
  const files = [...commands.join('\n').matchAll(/\b(?:docs|charts)\/[\w./-]+/g)];
  expect(files.map(([file]) => file)).toHaveLength(3);
  for (const [file] of files) expect(existsSync(join(ROOT, file))).toBe(true);
});
