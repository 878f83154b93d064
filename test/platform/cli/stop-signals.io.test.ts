import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { startProgram } from '../../server/serve-process.ts';
import { temporaryFolder } from '../../support/files/temporary-folder.ts';

/** Sends a signal as soon as it is handled, and reports which files were loaded by then. */
const PRELOADED = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({
  load(url, context, nextLoad) {
    const [, own] = url.split('/src/');
    if (own !== undefined) loaded.push(own);
    return nextLoad(url, context);
  },
});
process.on('newListener', (name) => {
  if (name !== 'SIGTERM') return;
  process.stdout.write('loaded ' + JSON.stringify(loaded) + '\\n');
  setImmediate(() => process.kill(process.pid, 'SIGTERM'));
});
`;

test.each(['operator', 'serve'])(
  '%s handles signals before it loads anything slow, and ends in order',
  async (command) => {
    const folder = temporaryFolder();
    const preloaded = join(folder, 'preloaded.mjs');
    writeFileSync(preloaded, PRELOADED);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, KUBECONFIG);
    const flags =
      command === 'serve'
        ? ['--dir', folder, '--port', '0', '--metrics-port', '0', '--shutdown-delay', '0s']
        : ['--listen', '127.0.0.1:0', '--kubeconfig', kubeconfig];
    const program = startProgram([command, ...flags], {
      NODE_OPTIONS: `--import=${pathToFileURL(preloaded)}`,
    });
    expect(await program.ended, program.output()).toBe(0);
    const [, loaded = ''] = /^loaded (.*)$/m.exec(program.output()) ?? [];
    expect(JSON.parse(loaded)).toEqual(['main.ts', 'platform/cli/stop-signals.ts', 'version.ts']);
  },
);

/** Nothing answers there. */
const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'none', user: {} }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
});
