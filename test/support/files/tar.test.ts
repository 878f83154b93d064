import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ImageSpec, writeDockerArchive } from '../../e2e/images/docker-archive.ts';
import { type TarEntry, writeTar } from '../../e2e/images/tar.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Sizes around the block of 512 bytes. */
const SIZES = [0, 1, 511, 512, 513, 3_000_000];

/** Unpacks with the system's tar, and returns the folder. */
function unpacked(archive: string, folder: string): string {
  mkdirSync(folder);
  execFileSync('tar', ['--extract', '--file', archive, '--directory', folder, '--no-same-owner']);
  return folder;
}

test('the system reads back what was written: contents, modes, links', () => {
  const folder = temporaryFolder();
  const source = join(folder, 'source');
  writeFileSync(source, Buffer.alloc(1_500_000, 7));
  const archive = join(folder, 'a.tar');
  writeTar(archive, [
    { kind: 'folder', path: 'bin', mode: 0o700 },
    { kind: 'file', path: 'bin/program', content: { file: source }, mode: 0o755 },
    { kind: 'link', path: 'bin/alias', target: 'program' },
    ...SIZES.map(
      (size): TarEntry => ({ kind: 'file', path: `${size}`, content: Buffer.alloc(size, 9) }),
    ),
  ]);
  const out = unpacked(archive, join(folder, 'out'));
  expect(statSync(join(out, 'bin')).mode & 0o777).toBe(0o700);
  expect(statSync(join(out, 'bin/program')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(out, 'bin/program')).equals(readFileSync(source))).toBe(true);
  expect(readlinkSync(join(out, 'bin/alias'))).toBe('program');
  for (const size of SIZES) {
    expect(readFileSync(join(out, `${size}`)).equals(Buffer.alloc(size, 9))).toBe(true);
  }
});

test('the same entries make the same bytes, and a name that does not fit is an error', () => {
  const folder = temporaryFolder();
  const entries: TarEntry[] = [{ kind: 'file', path: 'a', content: Buffer.from('a') }];
  const digests = ['1', '2'].map((name) => writeTar(join(folder, name), entries));
  expect(digests[0]).toBe(digests[1]);
  const long: TarEntry = { kind: 'folder', path: 'x'.repeat(100) };
  expect(() => writeTar(join(folder, '3'), [long])).toThrow(/^too long for a tar entry: x+\/$/);
});

test('an image names its layer by the digest of what is in it', () => {
  const folder = temporaryFolder();
  const archive = join(folder, 'image.tar');
  const image: ImageSpec = {
    reference: 'nowhere.test/a:1',
    entrypoint: ['/a'],
    user: '65532:65532',
    entries: [{ kind: 'file', path: 'a', content: Buffer.from('a'), mode: 0o755 }],
  };
  writeDockerArchive(archive, image);
  const out = unpacked(archive, join(folder, 'out'));
  const read = (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));
  const [{ Config: config, RepoTags: tags, Layers: layers }] = read('manifest.json');
  expect({ tags, layers }).toEqual({ tags: ['nowhere.test/a:1'], layers: ['layer.tar'] });
  const digest = writeTar(join(folder, 'layer.tar'), image.entries);
  expect(read(config)).toMatchObject({
    os: 'linux',
    config: { Entrypoint: ['/a'], User: '65532:65532' },
    rootfs: { diff_ids: [`sha256:${digest}`] },
  });
  expect(readFileSync(join(out, 'layer.tar'))).toEqual(readFileSync(join(folder, 'layer.tar')));
});
