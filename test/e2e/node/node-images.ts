import { join } from 'node:path';
import { writeDockerArchive } from '../images/docker-archive.ts';
import { COREDNS_IMAGE } from './cluster-dns.ts';
import { PAUSE_IMAGE } from './containerd.ts';
import type { NodePrograms } from './programs.ts';

/**
 * Writes the images that the node itself needs: one static program each.
 * @returns paths of archives
 */
export function writeNodeImages(folder: string, programs: NodePrograms): readonly string[] {
  const write = (reference: string, name: string, program: string) => {
    const path = join(folder, `${name}.tar`);
    writeDockerArchive(path, {
      reference,
      entrypoint: [`/${name}`],
      user: '65532:65532',
      entries: [{ kind: 'file', path: name, content: { file: program }, mode: 0o755 }],
    });
    return path;
  };
  return [
    write(PAUSE_IMAGE, 'pause', programs.pause),
    write(COREDNS_IMAGE, 'coredns', programs.coredns),
  ];
}
