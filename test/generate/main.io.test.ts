import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TYPES = 'src/api/signing-key-set.generated.ts';

/** A copy of what the generator needs, so that no test writes into the repository. */
function copy() {
  const folder = mkdtempSync(join(tmpdir(), 'generate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of ['charts', 'crds', 'src/generate', 'src/api', 'package.json']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const run = (...args: string[]) => {
    const command = [join(folder, 'src/generate/main.ts'), ...args];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    return { status, stderr };
  };
  return { folder, run };
}

test('what is in the repository is fresh', () => {
  expect(copy().run('--check')).toEqual({ status: 0, stderr: '' });
});

test('a stale file fails the check, is left as it is, and is made fresh by the generator', () => {
  const { folder, run } = copy();
  writeFileSync(join(folder, TYPES), '// edited by hand\n');
  const stale = {
    status: 1,
    stderr: `${TYPES} is not what crds/signingkeys.dev_signingkeysets.yaml gives: run \`make generate\`\n`,
  };
  expect([run('--check'), run('--check')]).toEqual([stale, stale]);
  expect(run()).toEqual({ status: 0, stderr: '' });
  expect(run('--check')).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['charts/signing-key-operator/README.md', 'charts/signing-key-operator/values.yaml'],
  ['charts/jwks-server/README.md', 'charts/jwks-server/values.yaml'],
  ['charts/signing-key-operator/templates/crd.yaml', 'crds/signingkeys.dev_signingkeysets.yaml'],
])('%s follows from %s', (path, source) => {
  const { folder, run } = copy();
  const file = join(folder, path);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(labels|default)/, '$1s'));
  const { status, stderr } = run('--check');
  expect(status).toBe(1);
  expect(stderr).toBe(`${path} is not what ${source} gives: run \`make generate\`\n`);
  expect(run().status).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(ROOT, path), 'utf8'));
});

test('a missing file is stale', () => {
  const { folder, run } = copy();
  rmSync(join(folder, TYPES));
  expect(run('--check').status).toBe(1);
});

test('an unknown argument is refused', () => {
  const refused = { status: 2, stderr: "unknown argument '--chek': only --check is known\n" };
  expect(copy().run('--chek')).toEqual(refused);
});
