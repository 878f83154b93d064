/** Everything that runs beside the API server: started, watched and ended here. */
import { join } from 'node:path';
import type { ControlPlane } from '../cluster/control-plane/control-plane.ts';
import { freePort } from '../cluster/control-plane/free-port.ts';
import { startTethered, type TetheredProcess } from '../cluster/control-plane/tethered-process.ts';
import { type Actor, startActor } from './actor.ts';
import type { Chronicle, VerifierTally } from './chronicle.ts';
import type {
  FromIssuer,
  FromProjector,
  FromVerifier,
  IssuedToken,
  IssuerStart,
  Issuing,
  KeySourcePlan,
  ProjectorStart,
  VerifierStart,
  VolumePlan,
} from './messages.ts';
import type { SampleSet } from './sample-set.ts';

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
  /** With or without the declared leeway: both are within the terms. */
  readonly hasLeeway: boolean;
}

const VERIFIERS: readonly VerifierPlan[] = [
  { name: 'web', source: 'remote', hasLeeway: false },
  { name: 'mobile', source: 'remote', hasLeeway: true },
  { name: 'gateway', source: 'file', hasLeeway: false },
  { name: 'batch', source: 'file', hasLeeway: true },
];
const KINDS = { remote: 'jose, over the JWKS server', file: 'node:crypto, mounted file' } as const;

const ISSUER_MOUNT = 'issuer';
const SERVER_MOUNT = 'jwks-server';
const TOKENS_PER_SECOND = 5;
const ALGORITHM = 'RS256';
const GRACE_MS = 3000;

export class Cast {
  readonly #options: CastOptions;
  #operator: TetheredProcess | null = null;
  #server: { readonly process: TetheredProcess; readonly url: string } | null = null;
  #issuer: Actor<Issuing> | null = null;
  #projector: Actor<never> | null = null;
  readonly #verifiers: Actor<IssuedToken>[] = [];
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
    const volume = (name: string, kind: string, object: string): VolumePlan => ({
      name,
      folder: this.#mount(name),
      target: {
        path: `/api/v1/namespaces/${set.namespace}/${kind}`,
        fieldSelector: `metadata.name=${object}`,
      },
      isBase64: kind === 'secrets',
      delayMaxMs: kind === 'secrets' ? signerRefreshDelayMs : publicationDelayMs,
    });
    const files = VERIFIERS.filter(({ source }) => source === 'file').map(({ name }) => name);
    const start: ProjectorStart = {
      api: { url: controlPlane.url, ca: controlPlane.ca, token: controlPlane.token() },
      volumes: [
        volume(ISSUER_MOUNT, 'secrets', set.signerName),
        ...[SERVER_MOUNT, ...files].map((name) => volume(name, 'configmaps', set.jwksName)),
      ],
    };
    this.#projector = this.#startActor('projector', start, (message: FromProjector) =>
      this.#seeMount(message),
    );
  }

  /** Every mount shows its object, as a kubelet asks before it starts a container. */
  hasMounts(): boolean {
    const files = VERIFIERS.filter(({ source }) => source === 'file').map(({ name }) => name);
    return [ISSUER_MOUNT, SERVER_MOUNT, ...files].every((name) => this.#mounted.has(name));
  }

  async startServer(): Promise<void> {
    const port = await freePort();
    const process = await this.#startProgram('serve', [
      ...['--dir', this.#mount(SERVER_MOUNT), '--host', '127.0.0.1', '--port', String(port)],
      ...['--metrics-port', '0', '--shutdown-delay', '0s'],
    ]);
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
    for (const { name, source, hasLeeway } of VERIFIERS) {
      const keySource: KeySourcePlan =
        source === 'remote'
          ? { kind: 'remote', url: this.#server?.url ?? '' }
          : { kind: 'file', folder: this.#mount(name) };
      const leewayMs = hasLeeway ? set.terms.verifierLeewayMs : 0;
      const start: VerifierStart = {
        source: keySource,
        cacheTtlMs: set.terms.verifierCacheTtlMs,
        leewayMs,
        algorithm: ALGORITHM,
      };
      const tally: VerifierTally = {
        ...{ name, kind: KINDS[source], leewayMs, cacheAgeMs: null },
        ...{ verified: 0, rejected: 0, alive: 0 },
      };
      chronicle.verifiers.push(tally);
      const onMessage = (message: FromVerifier) => this.#seeVerifier(tally, message);
      this.#verifiers.push(this.#startActor(name, start, onMessage, 'verifier'));
    }
  }

  verifiersAreReady(): boolean {
    return this.#verifiersReady === VERIFIERS.length;
  }

  startIssuer(): void {
    const start: IssuerStart = {
      folder: this.#mount(ISSUER_MOUNT),
      tokenTtlMs: this.#options.set.terms.tokenTtlMs,
      tokensPerSecond: TOKENS_PER_SECOND,
    };
    this.#issuer = this.#startActor('issuer', start, (token: FromIssuer) => {
      this.#options.chronicle.seeToken(token.kid);
      for (const verifier of this.#verifiers) verifier.send(token);
    });
  }

  issue(on: boolean): void {
    this.#issuer?.send({ kind: 'issuing', on });
  }

  /** Throws where something that should run does not, with the last lines that it printed. */
  checkAllRun(): void {
    const actors = [this.#issuer, this.#projector, ...this.#verifiers];
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
    const actors = [this.#issuer, ...this.#verifiers, this.#projector];
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
    start: object,
    onMessage: (message: From) => void,
    module: string = name,
  ): Actor<To> {
    const logPath = join(this.#options.folder, `${name}.log`);
    return startActor({ name, module: `${module}.ts`, start, logPath, onMessage });
  }

  #seeMount({ volume, lagMs }: FromProjector): void {
    this.#mounted.add(volume);
    if (lagMs === null) return;
    const { slowestMs } = this.#options.chronicle;
    const delay = volume === ISSUER_MOUNT ? 'signerRefreshDelay' : 'publicationDelay';
    slowestMs[delay] = Math.max(slowestMs[delay], lagMs);
  }

  #seeVerifier(tally: VerifierTally, message: FromVerifier): void {
    switch (message.kind) {
      case 'ready':
        this.#verifiersReady++;
        return;
      case 'counts': {
        const { kind: _, ...counts } = message;
        Object.assign(tally, counts);
        return;
      }
      case 'rejection':
        this.#options.chronicle.seeRejection(tally.name, message);
    }
  }
}
