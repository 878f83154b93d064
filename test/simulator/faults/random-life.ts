/**
 * Random lives of a set: commands with the scenarios' verbs, at least two of them rotations, and faults
 * that each strike a number of steps after one of the commands.
 */

import { type Command, durationOf, type Scenario } from '../language/scenario.ts';
import type { Member } from '../world/member.ts';
import { pick, seeded } from '../world/seeded.ts';
import type { Step, StepFault } from '../world/steps.ts';
import type { FaultSource, World } from '../world/world.ts';
import { CLOCK_IN_MS, FIGHT_FAULTS, faultsOn, SERVER_CLOCK_FAULTS } from './faults.ts';
import { isLie, StruckFaults } from './plan.ts';

const FAULTS_MIN = 4;
const FAULTS_MAX = 6;
/** The maximum number of steps between a command and its fault. A rotation has more steps. */
const SKIP_MAX = 60;

export interface ArmedFault {
  /** Strikes after this command. */
  readonly command: number;
  /** And this many steps. */
  readonly skip: number;
  /** A number picks one of the faults that apply there; a name is that fault, as soon as it applies. */
  readonly what: number | string;
}

export interface RandomLife {
  readonly scenario: Scenario;
  readonly faults: readonly ArmedFault[];
}

export function randomLife(number: number): RandomLife {
  const random = seeded(`life ${number}`);
  const operators = pick(random, [1, 1, 2, 3]);
  const commands = commandsOf(random);
  const rotations = commands.flatMap(({ text }, index) =>
    text.includes('rotate=') ? [index] : [],
  );
  const count = FAULTS_MIN + Math.floor(random() * (FAULTS_MAX - FAULTS_MIN + 1));
  const faults = Array.from({ length: count }, () => ({
    command: pick(random, [0, ...rotations, ...rotations]),
    skip: Math.floor(random() * SKIP_MAX),
    what: random(),
  }));
  const scenario: Scenario = {
    name: `random/${number}`,
    operators,
    elected: operators > 1 && random() < 0.5,
    skewMs: pick(random, [0, 0, 250, 500]),
    // Two leases may have to run out, one after the other.
    quietMs: durationOf('50s'),
    horizonMs: durationOf('1m'),
    comparable: false,
    timed: true,
    commands,
  };
  const others = [...serverClocks(number, commands.length), ...fights(number, commands.length)];
  return { scenario, faults: [...faults, ...others] };
}

/** In every third life somebody fights over a field for ever; a draw of its own as well. */
function fights(number: number, commands: number): readonly ArmedFault[] {
  const random = seeded(`fight of life ${number}`);
  if (random() >= 1 / 3) return [];
  const command = Math.floor(random() * commands);
  const skip = Math.floor(random() * SKIP_MAX);
  return [{ command, skip, what: pick(random, FIGHT_FAULTS) }];
}

/** Faults that strike after any of these commands. */
export function armedIn(
  random: () => number,
  commands: readonly number[],
  count: number,
): readonly ArmedFault[] {
  return Array.from({ length: count }, () => ({
    command: pick(random, commands),
    skip: Math.floor(random() * SKIP_MAX),
    what: random(),
  }));
}

/** In every other life the API server's clock goes wrong; a draw of its own, so that all else stays. */
function serverClocks(number: number, commands: number): readonly ArmedFault[] {
  const random = seeded(`server clock of life ${number}`);
  if (random() < 0.5) return [];
  const command = Math.floor(random() * commands);
  const skip = Math.floor(random() * SKIP_MAX);
  return [{ command, skip, what: pick(random, SERVER_CLOCK_FAULTS) }];
}

type Draw = (random: () => number) => string;

const seconds = (random: () => number, max: number) => `${1 + Math.floor(random() * max)}s`;

/** What may happen between two rotations. */
const DEEDS: readonly Draw[] = [
  (random) => `edit T=${seconds(random, 20)}`,
  (random) => `edit C=${seconds(random, 12)}`,
  (random) => `edit Ps=${seconds(random, 5)}`,
  (random) => `edit L=${seconds(random, 4)}`,
  (random) => `edit P=${seconds(random, 5)}`,
  (random) => `edit standby=${random() < 0.5}`,
  (random) => `edit algorithm=${pick(random, ['EdDSA', 'ES256'])}`,
  (random) => `edit onRevokeWithoutStandby=${pick(random, ['FailClosed', 'SignImmediately'])}`,
  (random) => `annotate rollback=${Math.floor(random() * 1000)}`,
  (random) => `annotate rollback=${Math.floor(random() * 1000)}`,
  (random) => `revoke ${1 + Math.floor(random() * 4)}`,
  (random) => `revoke ${1 + Math.floor(random() * 4)}`,
  () => 'delete jwks',
  () => 'delete signer',
  (random) => `delete key ${1 + Math.floor(random() * 4)}`,
  (random) => `restore jwks ${1 + Math.floor(random() * 4)}`,
  (random) => `restore set ${1 + Math.floor(random() * 8)}`,
  () => 'wipe',
  () => 'jwks format',
  () => 'jwks garble',
  () => 'strip jwks',
  () => 'signer unledger',
  (random) => `kill ${pick(random, ['1', '1', '2'])}`,
  (random) => `pause ${pick(random, ['1', '1', '2'])} ${seconds(random, 30)}`,
  () => 'second',
];

function commandsOf(random: () => number): readonly Command[] {
  // Of other terms than the scenarios', so that not all runs are alike in that.
  const commands: Command[] = [act(0, `create standby=${random() < 0.8} T=8s Ps=2s L=1s`)];
  const rotations = 2 + Math.floor(random() * 2);
  for (let rotation = 1; rotation <= rotations; rotation += 1) {
    commands.push({ kind: 'rest', text: 'rest' });
    let atMs = 0;
    const before = Math.floor(random() * 2);
    const after = Math.floor(random() * 3);
    for (let deed = 0; deed <= before + after; deed += 1) {
      commands.push(
        act(atMs, deed === before ? `annotate rotate=${rotation}` : pick(random, DEEDS)(random)),
      );
      atMs += Math.floor(random() * 8000);
    }
  }
  return commands;
}

type Act = Extract<Command, { kind: 'act' }>;

export function act(atMs: number, text: string): Act {
  const [verb = '', ...args] = text.split(' ');
  return { kind: 'act', atMs, verb, args, text: `${atMs}ms ${text}` };
}

/** Counts the steps after each command, and strikes if a fault is armed. */
export class ArmedFaults extends StruckFaults implements FaultSource {
  readonly #armed: Set<ArmedFault>;
  readonly #countdown = new Map<ArmedFault, number>();

  constructor(armed: readonly ArmedFault[]) {
    super();
    this.#armed = new Set(armed);
  }

  /** A command was carried out: what is armed at it begins to count. */
  begin(command: number): void {
    for (const armed of this.#armed) {
      if (armed.command === command) this.#countdown.set(armed, armed.skip);
    }
  }

  at(world: World, member: Member, step: Step): StepFault | null {
    const ripe = this.#count();
    if (ripe.length === 0) return null;
    const names = faultsOn(step).filter((name) => !FAR.test(name) || !isAClockOut(world));
    const due = ripe.find(({ what }) => typeof what === 'number' || names.includes(what));
    if (due === undefined) return null;
    const { what } = due;
    const fault = typeof what === 'string' ? what : drawn(step, names, what);
    if (fault === undefined) return null;
    this.#countdown.delete(due);
    return this.strike(fault, world, member, step);
  }

  /** One step more. @returns what may strike from now on, in the order in which it was armed */
  #count(): readonly ArmedFault[] {
    const ripe: ArmedFault[] = [];
    for (const [armed, left] of this.#countdown) {
      this.#countdown.set(armed, left - 1);
      if (left <= 0) ripe.push(armed);
    }
    return ripe;
  }
}

const FAR = /^(?:clock|server)-far-/;

/**
 * One wrong clock is noticed by the other. If both are wrong in the same way, as on a single
 * machine, nothing tells: that is outside of what is assumed (docs/safety.md).
 */
function isAClockOut({ api, members }: World): boolean {
  const isServerOut = Math.abs(api.clockOffsetMs) > CLOCK_IN_MS;
  return isServerOut || members.some(({ host }) => host.jumpedMs !== null);
}

function drawn(step: Step, names: readonly string[], dice: number): string | undefined {
  const serverClocks: readonly string[] = SERVER_CLOCK_FAULTS;
  const candidates = names.filter(
    (fault) =>
      !isLie({ step: step.key, fault }) &&
      !serverClocks.includes(fault) &&
      !FIGHT_FAULTS.includes(fault),
  );
  return candidates[Math.floor(dice * candidates.length)];
}
