/** A writer of tar archives (ustar), as far as container images need it. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';

export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | {
      readonly kind: 'file';
      /** Must not begin with a slash; 100 bytes at most. */
      readonly path: string;
      /** A text, or the path of a file whose content it is. */
      readonly content: Buffer | { readonly file: string };
      readonly mode?: number;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const BLOCK = 512;
const NAME_MAX = 100;
const CHUNK = 1024 * 1024;
const TYPES = { file: '0', link: '2', folder: '5' } as const;

/**
 * Writes an archive. Owner is root and the time is 0 everywhere: the same entries make the same
 * bytes.
 * @returns the SHA-256 of the archive, in hex
 */
export function writeTar(path: string, entries: readonly TarEntry[]): string {
  const output = openSync(path, 'w');
  const hash = createHash('sha256');
  const put = (bytes: Buffer) => {
    hash.update(bytes);
    for (let offset = 0; offset < bytes.length; ) {
      offset += writeSync(output, bytes, offset);
    }
  };
  try {
    for (const entry of entries) {
      const size = sizeOf(entry);
      put(header(entry, size));
      putContent(entry, put);
      put(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
    }
    put(Buffer.alloc(2 * BLOCK));
  } finally {
    closeSync(output);
  }
  return hash.digest('hex');
}

function sizeOf(entry: TarEntry): number {
  if (entry.kind !== 'file') return 0;
  const { content } = entry;
  return Buffer.isBuffer(content) ? content.length : statSync(content.file).size;
}

function putContent(entry: TarEntry, put: (bytes: Buffer) => void): void {
  if (entry.kind !== 'file') return;
  const { content } = entry;
  if (Buffer.isBuffer(content)) {
    put(content);
    return;
  }
  const input = openSync(content.file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    for (let read = readSync(input, chunk); read > 0; read = readSync(input, chunk)) {
      put(chunk.subarray(0, read));
    }
  } finally {
    closeSync(input);
  }
}

function header(entry: TarEntry, size: number): Buffer {
  const name = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  if (Buffer.byteLength(name) > NAME_MAX) throw new Error(`too long for a tar entry: ${name}`);
  const mode =
    entry.kind === 'link' ? 0o777 : (entry.mode ?? (entry.kind === 'file' ? 0o644 : 0o755));
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  // The checksum is made as if its own field held blanks.
  block.write(' '.repeat(8), 148);
  block.write(TYPES[entry.kind], 156);
  if (entry.kind === 'link') block.write(entry.target, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
