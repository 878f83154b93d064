/**
 * Keeps what is served in step with a mounted folder. If a file turns bad later, its last good
 * content stays: with no JWKS at all every verifier fails, with an old one only the newest tokens do.
 */
import {
  JWKS_FILE,
  OPENID_CONFIGURATION_FILE,
  SERVE_FILE,
  type ServePolicy,
} from '../core/formats/served-set.ts';
import type { Clock } from '../platform/clock.ts';
import type { FolderWatch, WatchFolder } from '../platform/files/folder-watch.ts';
import { readSnapshot } from '../platform/files/projected-folder.ts';
import type { Log } from '../platform/log/log.ts';
import {
  FILE_BYTES_MAX,
  type JwksDocument,
  judgeJwks,
  judgeOpenidConfiguration,
  judgeServePolicy,
  type OpenidConfiguration,
} from './documents.ts';
import { ServedFile } from './served-file.ts';
import { Wake } from './wake.ts';

/** What verifiers get. There is none before a valid set and its policy were read. */
export interface Served {
  readonly jwks: JwksDocument;
  /** How answers may be cached. Never guessed: the gates count no more than what it says. */
  readonly policy: ServePolicy;
  /** Null if the folder has none, `unreadable` if it never had a good one. */
  readonly openidConfiguration: OpenidConfiguration | 'unreadable' | null;
}

export interface SourceOptions {
  readonly folder: string;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  readonly log: Log;
  /** Called whenever there is something else to serve. */
  readonly onServed: (served: Served) => void;
  /** Called after each read; `failure` while anything in the folder is bad. */
  readonly onRead: (result: ReadResult) => void;
}

export type ReadResult = 'success' | 'failure';

export interface Source {
  /** Reads the folder once. Never rejects because of what it finds there. */
  read(): Promise<void>;
  /** Reads at once, after each change, and every poll interval, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** The least time between two reads, however often the folder changes. */
const READ_GAP_MS = 50;

const PROBLEM_CODES: Readonly<Record<string, string>> = {
  [JWKS_FILE]: 'JWKS_INVALID',
  [SERVE_FILE]: 'SERVE_POLICY_INVALID',
  [OPENID_CONFIGURATION_FILE]: 'OPENID_CONFIGURATION_INVALID',
};

export function createSource(options: SourceOptions): Source {
  return new FolderSource(options);
}

class FolderSource implements Source {
  readonly #options: SourceOptions;
  readonly #jwks = new ServedFile(JWKS_FILE, judgeJwks, false);
  readonly #policy = new ServedFile(SERVE_FILE, judgeServePolicy, false);
  /** A set without an issuer has none, and one that was removed must not be served on. */
  readonly #openid = new ServedFile(OPENID_CONFIGURATION_FILE, judgeOpenidConfiguration, true);
  #folderProblem: string | null = null;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  async read(): Promise<void> {
    const { folder, log, onRead } = this.#options;
    const snapshot = await readSnapshot(folder, FILE_BYTES_MAX);
    if ('problem' in snapshot) {
      this.#noteFolderProblem(snapshot.problem);
      return onRead('failure');
    }
    this.#folderProblem = null;
    const files = [this.#jwks, this.#policy, this.#openid];
    const changed = files.filter((file) => file.take(snapshot.get(file.name) ?? null));
    for (const file of changed) logFile(log, file);
    if (changed.length > 0) this.#serve();
    onRead(files.every(({ problem }) => problem === null) ? 'success' : 'failure');
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollIntervalMs } = this.#options;
    const wake = new Wake(clock);
    const onAbort = () => wake.raise();
    signal.addEventListener('abort', onAbort, { once: true });
    // Watched before the first read, so that no change falls between the two.
    const watch = this.#watch(wake);
    try {
      while (!signal.aborted) {
        const startMs = clock.monotonicMs();
        await this.read();
        await clock.sleepUntil(startMs + READ_GAP_MS, signal).catch(() => undefined);
        await wake.wait(startMs + pollIntervalMs);
      }
    } finally {
      watch.close();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #watch(wake: Wake): FolderWatch {
    const { folder, log, watchFolder } = this.#options;
    return watchFolder(
      folder,
      () => wake.raise(),
      (error) => {
        const cause = (error as { readonly code?: unknown }).code;
        log.warn({ code: 'WATCH_FAILED', cause }, 'the folder can’t be watched: it is only polled');
      },
    );
  }

  #serve(): void {
    const { good: jwks } = this.#jwks;
    const { good: policy } = this.#policy;
    const { good: openid, problem } = this.#openid;
    if (jwks === null || policy === null) return;
    const openidConfiguration = openid ?? (problem === null ? null : 'unreadable');
    this.#options.onServed({ jwks, policy, openidConfiguration });
  }

  #noteFolderProblem(problem: string): void {
    const { folder, log } = this.#options;
    if (problem !== this.#folderProblem) {
      log.warn({ code: 'FOLDER_UNREADABLE', folder }, `the folder: ${problem}`);
    }
    this.#folderProblem = problem;
  }
}

function logFile(log: Log, { name: file, good, problem }: ServedFile<unknown>): void {
  if (problem !== null) {
    const stays =
      good === null ? 'nothing is served from it yet' : 'its last good content is still served';
    log.warn({ code: PROBLEM_CODES[file], file }, `${file}: ${problem}; ${stays}`);
    return;
  }
  const kids = (good as { readonly kids?: unknown } | null)?.kids;
  const fields = kids === undefined ? { file } : { file, kids };
  log.info(fields, good === null ? `${file} was removed` : `${file} was read`);
}
