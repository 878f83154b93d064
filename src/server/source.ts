/**
 * Keeps what is served in step with a mounted folder: whatever turns bad later, the last good
 * content stays, because no set at all breaks every verifier and an old one only the newest token.
 */
import {
  JWKS_FILE,
  OPENID_CONFIGURATION_FILE,
  SERVE_FILE,
  type ServePolicy,
} from '../core/formats/served-set.ts';
import type { Clock } from '../platform/clock.ts';
import type { WatchFolder } from '../platform/files/folder-watch.ts';
import { type FileContent, readSnapshot } from '../platform/files/projected-folder.ts';
import type { Log } from '../platform/log/log.ts';
import {
  FILE_BYTES_MAX,
  type FileProblem,
  type JwksDocument,
  judgeJwks,
  judgeOpenidConfiguration,
  judgeServePolicy,
  type OpenidConfiguration,
} from './documents.ts';

/** What is answered to verifiers. There is none before a valid set and its policy were read. */
export interface Served {
  readonly jwks: JwksDocument;
  /** How answers may be cached. Never guessed: the gates count no more than what it says. */
  readonly policy: ServePolicy;
  /** Null where the folder has none, `unreadable` where it never had a good one. */
  readonly openidConfiguration: OpenidConfiguration | 'unreadable' | null;
}

export interface SourceOptions {
  readonly folder: string;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly log: Log;
  /** Called whenever what is to be served has changed. */
  readonly onServed: (served: Served) => void;
  /** Called after each read; `failure` while anything in the folder is bad. */
  readonly onRead: (result: ReadResult) => void;
}

export type ReadResult = 'success' | 'failure';

export interface Source {
  /** Reads the folder once. Never rejects for what it finds there. */
  read(): Promise<void>;
  /** Reads at once, after each change, and every poll interval, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** However busy the folder is, it is read no more often. */
const READ_GAP_MS = 50;

export function createSource(options: SourceOptions): Source {
  const { clock, log } = options;
  const jwks = new Slot(JWKS_FILE, judgeJwks);
  const policy = new Slot(SERVE_FILE, judgeServePolicy);
  const openid = new Slot(OPENID_CONFIGURATION_FILE, judgeOpenidConfiguration);
  let folderProblem: string | null = null;

  const read = async () => {
    const snapshot = await readSnapshot(options.folder, FILE_BYTES_MAX);
    const problem = 'problem' in snapshot ? snapshot.problem : null;
    if (problem !== null && problem !== folderProblem) {
      log.warn({ code: 'FOLDER_UNREADABLE', folder: options.folder }, `the folder: ${problem}`);
    }
    folderProblem = problem;
    if ('problem' in snapshot) return options.onRead('failure');

    const slots = [jwks, policy, openid];
    const changed = slots.filter((slot) => slot.take(snapshot.get(slot.file) ?? null));
    for (const slot of changed) logSlot(log, slot);
    if (changed.length > 0 && jwks.good !== null && policy.good !== null) {
      options.onServed({
        jwks: jwks.good,
        policy: policy.good,
        openidConfiguration: openid.good ?? (openid.problem === null ? null : 'unreadable'),
      });
    }
    options.onRead(slots.every((slot) => slot.problem === null) ? 'success' : 'failure');
  };

  const run = async (signal: AbortSignal) => {
    const wake = new Wake(clock);
    const onAbort = () => wake.raise();
    signal.addEventListener('abort', onAbort, { once: true });
    // Watched before the first read, so that no change falls between the two.
    const watch = options.watchFolder(options.folder, onAbort, (error) => {
      const code = (error as { readonly code?: unknown }).code;
      log.warn({ code: 'WATCH_FAILED', cause: code }, 'the folder is polled only: no watch on it');
    });
    try {
      while (!signal.aborted) {
        const startMs = clock.monotonicMs();
        await read();
        await clock.sleepUntil(startMs + READ_GAP_MS, signal).catch(() => undefined);
        await wake.wait(startMs + options.pollIntervalMs);
      }
    } finally {
      watch.close();
      signal.removeEventListener('abort', onAbort);
    }
  };

  return { read, run };
}

const PROBLEM_CODES: Readonly<Record<string, string>> = {
  [JWKS_FILE]: 'JWKS_INVALID',
  [SERVE_FILE]: 'SERVE_POLICY_INVALID',
  [OPENID_CONFIGURATION_FILE]: 'OPENID_CONFIGURATION_INVALID',
};

function logSlot(log: Log, slot: Slot<unknown>): void {
  const { file, good, problem } = slot;
  if (problem !== null) {
    const stays = good === null ? 'nothing is served of it yet' : 'the last good content stays';
    log.warn({ code: PROBLEM_CODES[file], file }, `${file}: ${problem}; ${stays}`);
    return;
  }
  const kids = (good as { readonly kids?: unknown } | null)?.kids;
  const fields = kids === undefined ? { file } : { file, kids };
  log.info(fields, good === null ? `${file} was removed` : `${file} was read`);
}

/** One file's last good content, and what is wrong with the present one. */
class Slot<Document> {
  readonly file: string;
  good: Document | null = null;
  problem: string | null = null;
  readonly #judge: (bytes: Uint8Array) => Document | FileProblem;
  #seen: FileContent | undefined;

  constructor(file: string, judge: (bytes: Uint8Array) => Document | FileProblem) {
    this.file = file;
    this.#judge = judge;
  }

  /** @returns whether anything is to be told: other content than at the read before. */
  take(content: FileContent): boolean {
    if (this.#seen !== undefined && sameContent(this.#seen, content)) return false;
    const first = this.#seen === undefined;
    this.#seen = content;
    if (content === null && this.file === OPENID_CONFIGURATION_FILE) {
      // Without an issuer there is none, and one that is taken away is not to be served on.
      this.good = null;
      this.problem = null;
      return !first;
    }
    const judged = this.#judgeContent(content);
    if (isProblem(judged)) {
      this.problem = judged.problem;
    } else {
      this.good = judged;
      this.problem = null;
    }
    return true;
  }

  #judgeContent(content: FileContent): Document | FileProblem {
    if (content === null) return { problem: 'it is not there' };
    return content instanceof Uint8Array ? this.#judge(content) : content;
  }
}

function isProblem(value: unknown): value is FileProblem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

function sameContent(a: FileContent, b: FileContent): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (isProblem(a) && isProblem(b)) return a.problem === b.problem;
  return a === b;
}

/** A wait that others can end, also ahead of time. */
class Wake {
  readonly #clock: Clock;
  #raised = false;
  #sleep: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  raise(): void {
    this.#raised = true;
    this.#sleep?.abort();
  }

  async wait(untilMs: number): Promise<void> {
    if (!this.#raised) {
      this.#sleep = new AbortController();
      await this.#clock.sleepUntil(untilMs, this.#sleep.signal).catch(() => undefined);
    }
    this.#raised = false;
  }
}
