/** Container images without Docker: the archive that `docker save` would write. */
import { rmSync } from 'node:fs';
import { goArchitecture } from '../../tools/building/machine.ts';
import { type TarEntry, writeTar } from './tar.ts';

export interface ImageSpec {
  /** Name and tag. */
  readonly reference: string;
  readonly entrypoint: readonly string[];
  readonly env?: readonly string[];
  /** Such as `65532:65532`; by default root. */
  readonly user?: string;
  /** Its only layer. */
  readonly entries: readonly TarEntry[];
}

/** Writes an image of one layer. */
export function writeDockerArchive(path: string, image: ImageSpec): void {
  const layerPath = `${path}.layer`;
  try {
    const digest = writeTar(layerPath, image.entries);
    const config = Buffer.from(JSON.stringify(imageConfig(image, digest)));
    const manifest = [
      { Config: 'config.json', RepoTags: [image.reference], Layers: ['layer.tar'] },
    ];
    writeTar(path, [
      { kind: 'file', path: 'config.json', content: config },
      { kind: 'file', path: 'layer.tar', content: { file: layerPath } },
      { kind: 'file', path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
    ]);
  } finally {
    rmSync(layerPath, { force: true });
  }
}

function imageConfig(image: ImageSpec, layerDigest: string) {
  return {
    architecture: goArchitecture(),
    os: 'linux',
    config: {
      Entrypoint: image.entrypoint,
      Env: image.env ?? ['PATH=/'],
      ...(image.user === undefined ? {} : { User: image.user }),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
  };
}
