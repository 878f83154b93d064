/**
 * The world of the explorer at one instant, as a value: the API server in memory, and what the core
 * makes of it. Reading, planning and judging are done at most once for each world.
 */
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import type { admit, Refusal } from '../../../src/core/guard/guard.ts';
import { type ReadLedger, readLedger } from '../../../src/core/ledger/codec.ts';
import { keysIn } from '../../../src/core/ledger/jwks-document.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import type { plan } from '../../../src/core/plan.ts';
import type { Observed, Plan, Step } from '../../../src/core/reading/model.ts';
import { Api } from '../../support/core-world/api.ts';
import { START_MS } from '../../support/core-world/world.ts';

/** What is explored. A test can plant a bug here. */
export interface Core {
  readonly plan: typeof plan;
  readonly admit: typeof admit;
}

/** Most worlds hold ledgers that others held before: each text is parsed once. */
export class LedgerReader {
  readonly #known = new Map<string, ReadLedger>();

  read(text: string | undefined): ReadLedger | null {
    if (text === undefined) return null;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= LEDGERS_KEPT_MAX) this.#known.clear();
    const read = readLedger(text);
    this.#known.set(text, read);
    return read;
  }
}

const LEDGERS_KEPT_MAX = 20_000;

export interface Setting {
  readonly core: Core;
  readonly reader: LedgerReader;
}

export class World {
  readonly nowMs: number;
  /** Never changed: {@link after} works on a copy. */
  readonly api: Api;
  readonly #setting: Setting;
  #observed: Observed | null = null;
  #plan: Plan | null = null;
  #refusal: Refusal | null | undefined;

  private constructor(setting: Setting, nowMs: number, api: Api) {
    this.#setting = setting;
    this.nowMs = nowMs;
    this.api = api;
  }

  static empty(setting: Setting): World {
    return new World(setting, START_MS, new Api());
  }

  /** The world after someone has changed its objects. */
  after(change: (api: Api) => void): World {
    const api = this.api.fork();
    change(api);
    return new World(this.#setting, this.nowMs, api);
  }

  /** The same objects at a later time. */
  at(nowMs: number): World {
    return nowMs === this.nowMs ? this : new World(this.#setting, nowMs, this.api);
  }

  /** One reading. It takes no time: that readings take some is left to the simulator. */
  get observed(): Observed {
    this.#observed ??= this.#observe();
    return this.#observed;
  }

  get plan(): Plan {
    this.#plan ??= this.#setting.core.plan(this.observed, this.nowMs);
    return this.#plan;
  }

  /** Why the step that this world's plan has is refused, if it is judged in this same world. */
  get refusal(): Refusal | null {
    if (this.#refusal !== undefined) return this.#refusal;
    const { step } = this.plan;
    this.#refusal = step === null ? null : this.judge(step);
    return this.#refusal;
  }

  /** Judges a step that may come from an earlier world. */
  judge(step: Step): Refusal | null {
    return this.#setting.core.admit(step, this.observed, this.nowMs);
  }

  get signerKid(): string | null {
    const content = this.api.signer?.content;
    return content?.kind === 'Key' ? content.kid : null;
  }

  /** Null if there is no ConfigMap. */
  get servedKids(): readonly string[] | null {
    const { jwks } = this.api;
    return jwks === null ? null : keysIn(jwks.data).map(({ kid }) => kid);
  }

  get ledgerTexts(): Readonly<Record<'signer' | 'status' | 'jwks', string | undefined>> {
    const { signer, set, jwks } = this.api;
    return {
      signer: signer?.meta.annotations[ANNOTATION.ledger],
      status: set?.status?.ledger,
      jwks: jwks?.meta.annotations[ANNOTATION.ledger],
    };
  }

  /** The readable ledgers: that of the signer Secret, then the copies. */
  get ledgers(): readonly Ledger[] {
    const { reader } = this.#setting;
    return Object.values(this.ledgerTexts).flatMap((text) => {
      const read = reader.read(text);
      return read?.kind === 'Ledger' ? [read.ledger] : [];
    });
  }

  get ledger(): Ledger | null {
    const read = this.#setting.reader.read(this.ledgerTexts.signer);
    return read?.kind === 'Ledger' ? read.ledger : null;
  }

  #observe(): Observed {
    const { set, signer, jwks, keySecrets, namespaceTerminating, pods } = this.api;
    if (set === null) throw new Error('there is no set to read');
    const { reader } = this.#setting;
    const texts = this.ledgerTexts;
    const { nowMs } = this;
    return {
      reading: {
        startedMs: nowMs,
        endedMs: nowMs,
        elapsedMs: 0,
        firstDateMs: nowMs,
        lastDateMs: nowMs,
      },
      set,
      namespaceTerminating,
      signer,
      ledgers: {
        signer: reader.read(texts.signer),
        status: reader.read(texts.status),
        jwks: reader.read(texts.jwks),
      },
      keySecrets: [...keySecrets.values()].sort((a, b) => a.ordinal - b.ordinal),
      jwks,
      pods,
      workloads: [],
      refusedWrite: null,
      lostStatus: [],
      isStatusFailing: false,
      contests: [],
      contestedKeptForMs: 0,
    };
  }
}
