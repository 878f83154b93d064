/**
 * `make image`. By the environment: IMAGE is its name and tag, NODE_IMAGE and RUNTIME_IMAGE are
 * other bases, and BASES=local makes them here where no image can be pulled. ARCHIVE is a file that the
 * image is written to as well.
 */
import { docker, ensureDocker } from '../test/tools/docker.ts';
import { ensureLocalBases } from '../test/tools/local-bases.ts';
import { buildImage, DEFAULT_IMAGE } from './build-image.ts';

const say = (line: string) => void process.stderr.write(`${line}\n`);
const { env } = process;

async function main(): Promise<void> {
  const image = env['IMAGE'] || DEFAULT_IMAGE;
  await using where = await ensureDocker(say);
  const bases = env['BASES'] === 'local' ? await ensureLocalBases(say, where) : givenBases();
  await buildImage({ where, image, bases, onOutput: (text) => process.stderr.write(text) });
  const { ARCHIVE } = env;
  if (ARCHIVE) await docker(where, ['save', '--output', ARCHIVE, image]);
  process.stdout.write(`${image}\n`);
}

function givenBases() {
  const { NODE_IMAGE, RUNTIME_IMAGE } = env;
  return { ...(NODE_IMAGE ? { NODE_IMAGE } : {}), ...(RUNTIME_IMAGE ? { RUNTIME_IMAGE } : {}) };
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say(message);
  // The builders say so in several ways, all of which name the registry's host or the pull.
  if (/registry|manifest|pull|no such host/i.test(message) && env['BASES'] !== 'local') {
    say('where no image can be pulled, BASES=local makes the base images first (root, Debian)');
  }
  process.exitCode = 1;
}
