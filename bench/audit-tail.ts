/** What the operator asks the API server for, read from the end of the audit log as it grows. */
import { closeSync, openSync, readSync } from 'node:fs';
import {
  type AuditEvent,
  parseAuditLog,
  WRITE_VERBS,
} from '../test/cluster/control-plane/audit-log.ts';

const USER_AGENT = 'signing-key-operator';
const CHUNK_BYTES = 4 * 1024 * 1024;

/** A request, as far as the bench looks at it: there are half a million of them. */
export interface Asked {
  readonly kind: 'read' | 'write' | 'watch';
  /** Verb and resource, such as `get secrets`. */
  readonly what: string;
  /** The object's name; for a list by label its selector. */
  readonly name: string;
  readonly status: number;
  readonly atMs: number;
}

export class AuditTail {
  readonly #path: string;
  readonly #asked: Asked[] = [];
  #offset = 0;
  /** The beginning of a line that was not complete yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** All so far, in the order of the log. */
  read(): readonly Asked[] {
    const file = openSync(this.#path, 'r');
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const bytes = readSync(file, chunk, 0, CHUNK_BYTES, this.#offset);
        if (bytes === 0) return this.#asked;
        this.#offset += bytes;
        this.#take(Buffer.concat([this.#rest, chunk.subarray(0, bytes)]));
      }
    } finally {
      closeSync(file);
    }
  }

  /** Those from this time on, of one kind. */
  since(sinceMs: number, kind: Asked['kind']): readonly Asked[] {
    return this.read().filter((each) => each.atMs >= sinceMs && each.kind === kind);
  }

  #take(bytes: Buffer): void {
    const end = bytes.lastIndexOf(0x0a) + 1;
    this.#rest = Buffer.from(bytes.subarray(end));
    const lines = bytes.toString('utf8', 0, end).split('\n');
    const ours = lines.filter((line) => line.includes(`"${USER_AGENT}"`));
    if (ours.length === 0) return;
    for (const event of parseAuditLog(`${ours.join('\n')}\n`)) this.#asked.push(askedOf(event));
  }
}

function askedOf({
  verb,
  resource,
  name,
  requestUri,
  responseStatus,
  receivedAtMs,
}: AuditEvent): Asked {
  const selector = new URL(requestUri, 'http://any').searchParams.get('labelSelector');
  return {
    kind: WRITE_VERBS.includes(verb) ? 'write' : verb === 'watch' ? 'watch' : 'read',
    what: `${verb} ${resource}`,
    name: name ?? selector ?? '',
    status: responseStatus,
    atMs: receivedAtMs,
  };
}
