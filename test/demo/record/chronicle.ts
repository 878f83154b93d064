/**
 * What has been seen so far: the one value that the screen, the story and the summary look at.
 * Others report everything to it; it asks nothing itself.
 */
import type { Rejection, RevokedCounts, VerifierCounts } from './messages.ts';
import { type RevokedTotals, revokedTotals, type SeenRevocation } from './revocation.ts';

/** As the status says it; a revoked key is `Revoked` from then on. */
export type KeyState = 'Pending' | 'Active' | 'Retiring' | 'Retired' | 'Revoked';

export interface KeyLife {
  readonly ordinal: number;
  readonly kid: string;
  /** Each state with the time at which the status first showed it. */
  readonly changes: readonly { readonly state: KeyState; readonly atMs: number }[];
}

/** The members of the set's status that are looked at. */
export interface SetStatus {
  readonly keys?: readonly {
    readonly ordinal: number;
    readonly kid: string;
    readonly state: KeyState;
    readonly reason?: string;
    readonly activatedTime?: string;
    readonly distrustedByTime?: string;
  }[];
  readonly nextTransition?: NextTransition;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

export interface NextTransition {
  readonly action: string;
  readonly kid?: string;
  readonly time?: string;
  readonly waitingFor: string;
  readonly explanation: string;
}

export interface VerifierTally {
  readonly name: string;
  /** For people: how it comes by its keys. */
  readonly kind: string;
  readonly leewayMs: number;
  readonly caches: number;
  verified: number;
  rejected: number;
  alive: number;
  cacheAgeMs: number | null;
  revoked: RevokedCounts | null;
}

/** `wait`: what is waited for now, which a screen shows elsewhere. */
export type Tone = 'plain' | 'wait' | 'good' | 'notice' | 'bad';

export interface Happening {
  readonly atMs: number;
  readonly tone: Tone;
  readonly text: string;
}

/** An incident on the time axis. */
export interface Mark {
  readonly atMs: number;
  readonly symbol: string;
  readonly text: string;
}

export type SeenRejection = Rejection & { readonly verifier: string; readonly atMs: number };

/** The number of rejections that are shown one by one. */
const REJECTIONS_TOLD_MAX = 20;
const HAPPENINGS_MAX = 200;

export class Chronicle {
  readonly startMs: number;
  readonly verifiers: VerifierTally[] = [];
  readonly marks: Mark[] = [];
  readonly happenings: Happening[] = [];
  readonly rejections: SeenRejection[] = [];
  /** The slowest mount so far, by the declared delay's name. */
  readonly slowestMs = { publicationDelay: 0, signerRefreshDelay: 0 };
  signed = 0;
  /** By a thief, who is no issuer. */
  forged = 0;
  /** What each issuer signs with. */
  readonly signing = new Map<string, string>();
  operatorKills = 0;
  jwksDeletions = 0;
  isOperatorUp = false;
  status: SetStatus = {};
  signerKid: string | null = null;
  jwksUid: string | null = null;
  /** The first one; the demo has no more. */
  revocation: SeenRevocation | null = null;
  onHappening: (happening: Happening) => void = () => undefined;
  readonly #nowMs: () => number;
  readonly #lives = new Map<string, KeyLife>();
  /** The ordinals in the order in which they signed. */
  readonly #activations: number[] = [];
  #hasLetGo = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.startMs = nowMs();
  }

  nowMs(): number {
    return this.#nowMs();
  }

  say(text: string, tone: Tone = 'plain'): void {
    const happening = { atMs: this.#nowMs(), tone, text };
    this.happenings.push(happening);
    if (this.happenings.length > HAPPENINGS_MAX) this.happenings.shift();
    this.onHappening(happening);
  }

  mark(symbol: string, text: string): void {
    this.marks.push({ atMs: this.#nowMs(), symbol, text });
    this.say(`${symbol} ${text}`, 'notice');
  }

  seeStatus(status: SetStatus): void {
    const before = this.status.nextTransition;
    this.status = status;
    for (const { ordinal, kid, state, reason } of status.keys ?? []) {
      this.#seeKey(ordinal, kid, reason === 'Revoked' ? 'Revoked' : state);
    }
    this.#seeAnnouncedEnd(status);
    const next = status.nextTransition;
    if (next !== undefined && next.explanation !== before?.explanation) {
      this.say(`next: ${next.action} ${this.keyName(next.kid)}: ${next.explanation}`, 'wait');
    }
  }

  #seeKey(ordinal: number, kid: string, state: KeyState): void {
    const life = this.#lives.get(kid);
    const last = life?.changes.at(-1)?.state;
    if (last === state) return;
    const changes = [...(life?.changes ?? []), { state, atMs: this.#nowMs() }];
    this.#lives.set(kid, { ordinal, kid, changes });
    if (state === 'Active') this.#activations.push(ordinal);
    const from = last === undefined ? '' : `${last} → `;
    this.say(`#${ordinal} ${from}${state}`, state === 'Active' ? 'good' : 'plain');
  }

  /** What the spec revokes. */
  seeRevocations([kid]: readonly string[]): void {
    if (kid === undefined || this.revocation !== null) return;
    this.revocation = { kid, revokedMs: this.#nowMs(), unpublishedMs: null, announcedMs: null };
    this.mark('⊘', `${this.keyName(kid)} is revoked: its tokens are not valid any more`);
  }

  /** What the JWKS shows. */
  seePublished(kids: readonly string[]): void {
    const { revocation } = this;
    if (revocation === null || revocation.unpublishedMs !== null) return;
    if (kids.includes(revocation.kid)) return;
    const atMs = this.#nowMs();
    this.revocation = { ...revocation, unpublishedMs: atMs };
    const since = seconds(atMs - revocation.revokedMs);
    this.say(`${this.keyName(revocation.kid)} is out of the JWKS, ${since} after its revocation`);
  }

  #seeAnnouncedEnd({ keys }: SetStatus): void {
    const { revocation } = this;
    const time = keys?.find(({ kid }) => kid === revocation?.kid)?.distrustedByTime;
    if (revocation === null || time === undefined) return;
    const announcedMs = Date.parse(time);
    if (announcedMs === revocation.announcedMs) return;
    this.revocation = { ...revocation, announcedMs };
    const name = this.keyName(revocation.kid);
    const after = seconds(announcedMs - revocation.revokedMs);
    this.say(`status: distrustedByTime of ${name} is ${time}, ${after} after its revocation`);
  }

  seeCounts(tally: VerifierTally, { kind: _, ...counts }: VerifierCounts): void {
    Object.assign(tally, counts);
    const totals = this.revokedTotals();
    if (totals === null || this.revocation === null) return;
    const { revokedMs, announcedMs, kid } = this.revocation;
    if (totals.trusting > 0 || this.#hasLetGo) return;
    this.#hasLetGo = true;
    const lastMs = totals.lastAcceptedMs ?? revokedMs;
    const left = announcedMs === null ? '' : `, ${seconds(announcedMs - lastMs)} before announced`;
    const name = this.keyName(kid);
    const after = seconds(lastMs - revokedMs);
    this.mark('○', `the last verifier let go of ${name}, ${after} after its revocation${left}`);
  }

  revokedTotals(): RevokedTotals | null {
    return revokedTotals(this.verifiers);
  }

  seeToken(issuer: string, kid: string): void {
    this.signed++;
    if (this.signing.get(issuer) === kid) return;
    this.signing.set(issuer, kid);
    this.say(`${issuer} signs with ${this.keyName(kid)}`, 'good');
  }

  seeRejection(verifier: string, rejection: Rejection): void {
    this.rejections.push({ ...rejection, verifier, atMs: this.#nowMs() });
    if (this.rejections.length <= REJECTIONS_TOLD_MAX) {
      this.say(this.describeRejection(verifier, rejection), 'bad');
    } else if (this.rejections.length === REJECTIONS_TOLD_MAX + 1) {
      this.say('more rejections are only counted', 'bad');
    }
  }

  describeRejection(verifier: string, rejection: Rejection): string {
    const { kid, ageMs, leftMs, cacheAgeMs, reason } = rejection;
    const held = cacheAgeMs === null ? '' : `, its key set ${seconds(cacheAgeMs)} old`;
    const token = `a token of ${this.keyName(kid)}, ${seconds(Math.max(0, ageMs))} old, valid ${seconds(leftMs)} more`;
    return `REJECTED by ${verifier}: ${token}${held}: ${reason}`;
  }

  lives(): readonly KeyLife[] {
    return [...this.#lives.values()].sort((a, b) => a.ordinal - b.ordinal);
  }

  stateOf(ordinal: number): KeyState | null {
    return (
      this.lives()
        .find((life) => life.ordinal === ordinal)
        ?.changes.at(-1)?.state ?? null
    );
  }

  kidOf(ordinal: number): string | null {
    return this.lives().find((life) => life.ordinal === ordinal)?.kid ?? null;
  }

  activeOrdinal(): number | null {
    return this.status.keys?.find(({ state }) => state === 'Active')?.ordinal ?? null;
  }

  /** `#3`, or the beginning of a kid that no status has shown yet. */
  keyName(kid: string | undefined): string {
    if (kid === undefined) return 'a new key';
    const life = this.#lives.get(kid);
    return life === undefined ? `key ${kid.slice(0, 8)}` : `#${life.ordinal}`;
  }

  /** A rotation is full once the previous key, if it has not come back, has retired. */
  fullRotations(): number {
    return this.#switches().filter(({ from, to, isTakenBack }) => {
      return from < to && !isTakenBack && this.stateOf(from) === 'Retired';
    }).length;
  }

  /** Switches to an older key. */
  rollbacks(): number {
    return this.#switches().filter(({ from, to }) => from > to).length;
  }

  #switches() {
    return this.#activations.slice(1).map((to, index) => {
      const from = this.#activations[index] ?? to;
      return { from, to, isTakenBack: this.#activations.includes(from, index + 1) };
    });
  }

  verified(): number {
    return this.verifiers.reduce((sum, { verified }) => sum + verified, 0);
  }

  rejected(): number {
    return this.verifiers.reduce((sum, { rejected }) => sum + rejected, 0);
  }
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
