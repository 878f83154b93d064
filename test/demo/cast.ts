/** Everything that runs alongside the API server: started, watched and ended here. */
import { join } from 'node:path';
import type { ControlPlane } from '../cluster/control-plane/control-plane.ts';
import { startTethered, type TetheredProcess } from '../support/process/tethered-process.ts';
import { waitFor } from '../support/wait/wait-for.ts';
import { type Actor, startActor } from './actor.ts';
import type { Chronicle, VerifierTally } from './record/chronicle.ts';
import type {
  FromIssuer,
  FromProjector,
  FromVerifier,
  IssuerStart,
  Issuing,
  KeySourcePlan,
  Pace,
  ProjectorStart,
  ToVerifier,
  VerifierStart,
  VolumePlan,
} from './record/messages.ts';
import type { SampleSet } from './record/sample-set.ts';

export interface CastOptions {
  readonly repository: string;
  /** For mounts and logs. Removed by whoever made it. */
  readonly folder: string;
  readonly controlPlane: ControlPlane;
  readonly set: SampleSet;
  readonly chronicle: Chronicle;
}

/** A process that ended although nobody ended it. */
export class CastFault extends Error {}

interface VerifierPlan {
  readonly name: string;
  readonly source: 'remote' | 'file';
  /** Of the mount that is read; all remote ones share the JWKS server's, which is slow. */
  readonly pace: Pace;
  /** Accepts tokens for as long as the terms allow: with the leeway, and by a clock behind. */
  readonly isLenient: boolean;
}

/** A slow mount is the hard case for a new key, a quick one with leeway for a removed key. */
const VERIFIERS: readonly VerifierPlan[] = [
  { name: 'web', source: 'remote', pace: 'slow', isLenient: false },
  { name: 'mobile', source: 'remote', pace: 'slow', isLenient: true },
  { name: 'gateway', source: 'file', pace: 'quick', isLenient: true },
  { name: 'batch', source: 'file', pace: 'slow', isLenient: false },
];
const KINDS = { remote: 'jose, over the JWKS server', file: 'node:crypto, mounted file' } as const;

/** The quick one uses a new key at once, the slow one an old key for as long as it may. */
const ISSUERS: readonly { readonly name: string; readonly pace: Pace }[] = [
  { name: 'issuer-quick', pace: 'quick' },
  { name: 'issuer-slow', pace: 'slow' },
];

const ROBBED_ISSUER = 'issuer-quick';

const SERVER_MOUNT = 'jwks-server';
const JWKS_MOUNTS: readonly { readonly name: string; readonly pace: Pace }[] = [
  { name: SERVER_MOUNT, pace: 'slow' },
  ...VERIFIERS.filter(({ source }) => source === 'file'),
];
const TOKENS_PER_SECOND = 2;
const REPLICAS = 5;
const ALGORITHM = 'RS256';
const GRACE_MS = 3000;
const LISTENS_TIMEOUT_MS = 20_000;

export class Cast {
  readonly #options: CastOptions;
  #operator: TetheredProcess | null = null;
  #server: { readonly process: TetheredProcess; readonly url: string } | null = null;
  readonly #issuers: Actor<Issuing>[] = [];
  #projector: Actor<never> | null = null;
  readonly #verifiers: Actor<ToVerifier>[] = [];
  #thief: Actor<Issuing> | null = null;
  readonly #mounted = new Set<string>();
  #verifiersReady = 0;

  constructor(options: CastOptions) {
    this.#options = options;
  }

  async startOperator(): Promise<void> {
    const { controlPlane, set } = this.#options;
    const flags = ['--kubeconfig', controlPlane.kubeconfig(), '--watch-namespaces', set.namespace];
    this.#operator = await this.#startProgram('operator', [...flags, '--listen', '127.0.0.1:0']);
    this.#options.chronicle.isOperatorUp = true;
  }

  /** SIGKILL: no handler runs, nothing is finished or given back. */
  async killOperator(): Promise<void> {
    const operator = this.#operator;
    this.#operator = null;
    this.#options.chronicle.isOperatorUp = false;
    await operator?.stop(0);
  }

  startProjector(): void {
    const { controlPlane, set } = this.#options;
    const { publicationDelayMs, signerRefreshDelayMs } = set.terms;
    const volume = (name: string, pace: Pace, kind: string, object: string): VolumePlan => ({
      name,
      pace,
      folder: this.#mount(name),
      target: {
        path: `/api/v1/namespaces/${set.namespace}/${kind}`,
        fieldSelector: `metadata.name=${object}`,
      },
      isBase64: kind === 'secrets',
      delayMaxMs: kind === 'secrets' ? signerRefreshDelayMs : publicationDelayMs,
    });
    const start: ProjectorStart = {
      api: { url: controlPlane.url, ca: controlPlane.ca, token: controlPlane.token() },
      volumes: [
        ...ISSUERS.map(({ name, pace }) => volume(name, pace, 'secrets', set.signerName)),
        ...JWKS_MOUNTS.map(({ name, pace }) => volume(name, pace, 'configmaps', set.jwksName)),
      ],
    };
    this.#projector = this.#startActor(
      'projector',
      'projector.ts',
      start,
      (message: FromProjector) => this.#seeMount(message),
    );
  }

  /** Every mount shows its object, as a kubelet asks before it starts a container. */
  hasMounts(): boolean {
    return [...ISSUERS, ...JWKS_MOUNTS].every(({ name }) => this.#mounted.has(name));
  }

  async startServer(): Promise<void> {
    const process = await this.#startProgram('serve', [
      ...['--dir', this.#mount(SERVER_MOUNT), '--host', '127.0.0.1', '--port', '0'],
      ...['--metrics-port', '0', '--shutdown-delay', '0s'],
    ]);
    const port = await waitFor(() => /"port":([0-9]+)/.exec(process.logTail())?.[1], {
      timeoutMs: LISTENS_TIMEOUT_MS,
      describe: 'the port of the JWKS server in its log',
    });
    this.#server = { process, url: `http://127.0.0.1:${port}/.well-known/jwks.json` };
  }

  async serverAnswers(): Promise<boolean> {
    if (this.#server === null) return false;
    const answer = await fetch(this.#server.url).catch(() => null);
    await answer?.body?.cancel();
    return answer?.status === 200;
  }

  startVerifiers(): void {
    const { set, chronicle } = this.#options;
    for (const { name, source, isLenient } of VERIFIERS) {
      const keySource: KeySourcePlan =
        source === 'remote'
          ? { kind: 'remote', url: this.#server?.url ?? '' }
          : { kind: 'file', folder: this.#mount(name) };
      const leewayMs = isLenient ? set.terms.verifierLeewayMs : 0;
      const start: VerifierStart = {
        source: keySource,
        cacheTtlMs: set.terms.verifierCacheTtlMs,
        leewayMs,
        algorithm: ALGORITHM,
        // Half the skew here and half at an issuer: together no more than is declared.
        clockBehindMs: isLenient ? set.terms.clockSkewMs / 2 : 0,
        replicas: REPLICAS,
      };
      const tally: VerifierTally = {
        ...{ name, kind: KINDS[source], leewayMs, caches: REPLICAS, cacheAgeMs: null },
        ...{ verified: 0, rejected: 0, alive: 0, revoked: null },
      };
      chronicle.verifiers.push(tally);
      const onMessage = (message: FromVerifier) => this.#seeVerifier(tally, message);
      this.#verifiers.push(this.#startActor(name, 'verifier.ts', start, onMessage));
    }
  }

  verifiersAreReady(): boolean {
    return this.#verifiersReady === VERIFIERS.length;
  }

  startIssuers(): void {
    const { set, chronicle } = this.#options;
    for (const { name, pace } of ISSUERS) {
      const start = {
        ...this.#issuerStart(name),
        clockAheadMs: pace === 'slow' ? set.terms.clockSkewMs / 2 : 0,
      };
      const onToken = (token: FromIssuer) => {
        chronicle.seeToken(name, token.kid);
        this.#tellVerifiers(token);
      };
      this.#issuers.push(this.#startActor(name, 'issuer.ts', start, onToken));
    }
  }

  issue(on: boolean): void {
    for (const issuer of this.#issuers) issuer.send({ kind: 'issuing', on });
  }

  /** Whether all of them sign with it. */
  issuersSignWith(kid: string | null): boolean {
    const { signing } = this.#options.chronicle;
    return ISSUERS.every(({ name }) => signing.get(name) === kid);
  }

  /** Someone copies the key that an issuer has now, and signs with it from then on. */
  startThief(): void {
    const { chronicle } = this.#options;
    const start = { ...this.#issuerStart(ROBBED_ISSUER), keepsKey: true };
    this.#thief = this.#startActor('thief', 'issuer.ts', start, (token: FromIssuer) => {
      chronicle.forged++;
      this.#tellVerifiers(token);
    });
  }

  stopThief(): void {
    this.#thief?.send({ kind: 'issuing', on: false });
  }

  /** From now on they count the tokens of this key apart. */
  announceRevocation(kid: string): void {
    this.#tellVerifiers({ kind: 'revoked', kid });
  }

  #issuerStart(mount: string): IssuerStart {
    return {
      folder: this.#mount(mount),
      tokenTtlMs: this.#options.set.terms.tokenTtlMs,
      ...{ tokensPerSecond: TOKENS_PER_SECOND, clockAheadMs: 0, keepsKey: false },
    };
  }

  #tellVerifiers(message: ToVerifier): void {
    for (const verifier of this.#verifiers) verifier.send(message);
  }

  /** Throws if something that should run does not, with the last lines that it printed. */
  checkAllRun(): void {
    const actors = [...this.#issuers, this.#thief, this.#projector, ...this.#verifiers];
    const programs = { operator: this.#operator, 'JWKS server': this.#server?.process ?? null };
    const named = [
      ...actors.flatMap((actor) => (actor === null ? [] : [[actor.name, actor] as const])),
      ...Object.entries(programs).flatMap(([name, it]) =>
        it === null ? [] : [[name, it] as const],
      ),
    ];
    for (const [name, it] of named) {
      const end = it.end();
      if (end === null) continue;
      throw new CastFault(
        `the ${name} ended by itself (${end}); it printed last:\n${it.logTail()}`,
      );
    }
  }

  operatorLogTail(): string {
    return this.#operator?.logTail() ?? '';
  }

  async stop(): Promise<void> {
    const actors = [...this.#issuers, this.#thief, ...this.#verifiers, this.#projector];
    await Promise.all(actors.map((actor) => actor?.stop()));
    await Promise.all([this.#operator?.stop(GRACE_MS), this.#server?.process.stop(GRACE_MS)]);
  }

  #mount(name: string): string {
    return join(this.#options.folder, 'mounts', name);
  }

  #startProgram(command: string, args: readonly string[]): Promise<TetheredProcess> {
    const { repository, folder } = this.#options;
    return startTethered({
      command: process.execPath,
      args: ['src/main.ts', command, ...args],
      cwd: repository,
      env: process.env,
      logPath: join(folder, `${command}.log`),
      removeOnDeath: folder,
    });
  }

  #startActor<From, To>(
    name: string,
    module: string,
    start: object,
    onMessage: (message: From) => void,
  ): Actor<To> {
    const logPath = join(this.#options.folder, `${name}.log`);
    return startActor({ name, module, start, logPath, onMessage });
  }

  #seeMount({ volume, lagMs }: FromProjector): void {
    this.#mounted.add(volume);
    if (lagMs === null) return;
    const { slowestMs } = this.#options.chronicle;
    const delay = ISSUERS.some(({ name }) => name === volume)
      ? 'signerRefreshDelay'
      : 'publicationDelay';
    slowestMs[delay] = Math.max(slowestMs[delay], lagMs);
  }

  #seeVerifier(tally: VerifierTally, message: FromVerifier): void {
    switch (message.kind) {
      case 'ready':
        this.#verifiersReady++;
        return;
      case 'counts':
        this.#options.chronicle.seeCounts(tally, message);
        return;
      case 'rejection':
        this.#options.chronicle.seeRejection(tally.name, message);
    }
  }
}
