/** A world's writes as text: one line a write, one a change of state, as the golden files hold it. */
import { formatInstant } from '../../../src/core/formats/time.ts';
import type { World, Written } from './world.ts';

export class Timeline {
  readonly #world: World;
  readonly #lines: string[] = [];
  /** What is before is left out. */
  showFromMs = 0;
  #lastState = '';
  #lastStatus = '';

  constructor(world: World) {
    this.#world = world;
    world.onWritten = (written) => this.#noteWrite(written);
  }

  noteHand(text: string): void {
    this.#tell(`${this.#time()}  * ${text}`);
    this.#noteState();
  }

  text(): string {
    const { refused } = this.#world;
    const violations = this.#world.api.set === null ? [] : this.#world.violations();
    const end = [
      `${this.#time()}  end: ${this.#world.written.length} writes, ${refused.length} refused`,
      ...refused.map(({ step, refusal }) => `  refused ${step.reason.code}: ${refusal.message}`),
      ...violations.map((violation) => `  violated ${violation}`),
    ];
    return `${[...this.#lines, ...end].join('\n')}\n`;
  }

  #tell(line: string): void {
    if (this.#world.nowMs >= this.showFromMs) this.#lines.push(line);
  }

  #time(): string {
    return formatInstant(this.#world.nowMs).slice(11, -1);
  }

  #noteWrite({ step, outcome }: Written): void {
    const { code, message } = step.reason;
    const isStatus = step.write.kind === 'WriteStatus';
    const mark = outcome === 'Applied' ? '' : ` [${outcome}]`;
    if (!isStatus || mark !== '') this.#tell(`${this.#time()}  ${code}${mark}: ${message}`);
    for (const event of step.events) {
      this.#tell(`            ${event.type === 'Warning' ? '!' : '-'} ${event.reason}`);
    }
    if (isStatus) this.#noteStatus();
    this.#noteState();
  }

  #noteState(): void {
    const { ledger, signerKid, servedKids, api } = this.#world;
    const keys = ledger?.keys.map(({ ordinal, state, bar }) => {
      return `#${ordinal} ${state}${bar === null ? '' : ` (out: ${bar.reason})`}`;
    });
    const stones = ledger?.tombstones.map(({ ordinal }) => `#${ordinal}`) ?? [];
    const signer =
      api.signer === null ? 'no signer' : `signs ${signerKid ?? api.signer.content.kind}`;
    const state = [
      keys === undefined ? 'no ledger' : keys.join(', '),
      ...(stones.length === 0 ? [] : [`ended ${stones.join(' ')}`]),
      signer,
      servedKids === null ? 'no JWKS' : `serves ${servedKids.join(' ')}`,
      `Secrets ${[...api.keySecrets.values()]
        .map(({ ordinal }) => `#${ordinal}`)
        .sort()
        .join(' ')}`,
    ].join(' | ');
    if (state !== this.#lastState) this.#tell(`            ${state}`);
    this.#lastState = state;
  }

  #noteStatus(): void {
    const status = this.#world.api.set?.status;
    const conditions = (status?.conditions ?? [])
      .filter(({ type, status: value }) => isWorthTelling(type, value))
      .map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);
    const next = status?.nextTransition;
    const which = [next?.action, next?.kid, next?.time?.slice(11, -1)].filter(Boolean).join(' ');
    const nextText = next === undefined ? 'nothing next' : `next ${which} (${next.waitingFor})`;
    const text = [...conditions, nextText].join(', ');
    if (text !== this.#lastStatus) this.#tell(`${this.#time()}  status: ${text}`);
    this.#lastStatus = text;
  }
}

function isWorthTelling(type: string, value: string): boolean {
  if (type === 'InvariantsHold') return value !== 'True';
  return ['Ready', 'RevocationsApplied'].includes(type) || value === 'True';
}
