import type { TestProject } from 'vitest/node';
import { buildImage } from '../../scripts/build-image.ts';
import { type Docker, ensureDocker } from '../tools/docker.ts';
import { ensureLocalBases } from '../tools/local-bases.ts';

/** What the tests know about the image; plain data. */
export interface ImageUnderTest {
  readonly image: string;
  readonly where: Docker;
}

declare module 'vitest' {
  interface ProvidedContext {
    imageUnderTest: ImageUnderTest;
  }
}

const IMAGE = 'signing-key-operator:test';
const say = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Finds or starts Docker and builds the image. IMAGE names one that is there already, and
 * BASES=local is for machines on which no image can be pulled.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const docker = await ensureDocker(say);
  const { host } = docker;
  try {
    const local = process.env['BASES'] === 'local';
    // Its image can't be pulled either. The tests remove their containers themselves, and the
    // daemon that was started for them ends with them.
    if (local) process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    if (host !== null) process.env['DOCKER_HOST'] = host;
    const image = process.env['IMAGE'] || IMAGE;
    if (image === IMAGE) {
      say('building the image');
      const bases = local ? await ensureLocalBases(say, docker) : {};
      await buildImage({ where: { host }, image, bases, onOutput: () => {} });
    }
    project.provide('imageUnderTest', { image, where: { host } });
  } catch (error) {
    await docker[Symbol.asyncDispose]();
    throw error;
  }
  return async () => await docker[Symbol.asyncDispose]();
}
