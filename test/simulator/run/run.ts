/** One run of a scenario, from its first command until nothing is left to do. */
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { child, metadataOf, text } from '../../fake-api/json/json.ts';
import { goDurationMs } from '../../fake-api/requests/go-duration.ts';
import { Hands } from '../language/hands.ts';
import type { Command, Scenario } from '../language/scenario.ts';
import { judge, type Verdict, type Violation } from '../oracle/judge.ts';
import { type Broken, isBroken } from '../oracle/verdict/rules.ts';
import type { Change, History } from '../record/history.ts';
import type { Trace } from '../record/trace.ts';
import { seeded } from '../world/seeded.ts';
import type { Step } from '../world/steps.ts';
import { type FaultSource, NAMESPACE, SET_NAME, World } from '../world/world.ts';
import { endStateOf, rotationsIn, writeCounts } from './end-state.ts';
import { readingsIn } from './reading-check.ts';
import { reasonViolations } from './reason-check.ts';

/** What has not come to rest this long after everything that was to be waited for never does. */
const REST_MAX_MS = 840_000;
/** Nor does a set over which somebody fights for ever: by then it has done all else. */
const FIGHT_REST_MAX_MS = 240_000;
/**
 * Nor does what has changed this much meanwhile: someone writes without end, and the run is over.
 * Whole lives with many faults have less than a thousand changes.
 */
const CHANGES_MAX = 2000;
/** How often the run checks for that. */
const LOOK_MS = 20_000;
/** Until another operator holds the lease of one that was stopped. */
const TAKEOVER_MS = 25_000;
/** After the last rest, someone's touch causes one more pass: it must write nothing. */
const TOUCH_MS = 3000;

export interface RunOptions {
  readonly scenario: Scenario;
  readonly faults: FaultSource;
  /** What chance there is comes out of this. */
  readonly seed?: string;
  /** A fault can make a command impossible: then it is left out, and the trace says so. */
  readonly lenient: boolean;
}

export interface Outcome {
  readonly scenario: Scenario;
  readonly trace: Trace;
  readonly startMs: number;
  readonly durationMs: number;
  readonly steps: readonly Step[];
  /** What truly happened, in order. */
  readonly changes: readonly Change[];
  readonly violations: readonly Violation[];
  readonly figures: Verdict['figures'];
  /** As text, so that two can be compared. */
  readonly endState: string;
  /** Creates and deletes by the operators, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  readonly passes: number;
  /** How many keys took over from another one. */
  readonly rotations: number;
}

export async function run(options: RunOptions): Promise<Outcome> {
  const { scenario, faults, seed = scenario.name } = options;
  const { operators, elected, skewMs } = scenario;
  const world = new World({ operators, elected, skewMs, seed, faults });
  const course = new Course(world, options);
  try {
    await course.run();
  } finally {
    world.end();
  }
  const endMs = world.nowMs();
  const { startMs, changes } = world;
  const readings = readingsIn(world.trace);
  const { fights } = world;
  const names = { namespace: NAMESPACE, setName: SET_NAME };
  const history: History = { ...names, startMs, endMs, changes, readings, fights };
  const stalledMs = course.stalledMs + stalledByHandMs(scenario);
  const verdict = judge(history, { seed: numberOf(seed), stalledMs });
  return {
    scenario,
    trace: world.trace,
    startMs,
    durationMs: endMs - startMs,
    steps: world.steps.slice(0, course.stepsUntilRest),
    changes,
    violations: [
      ...verdict.violations,
      ...course.violations,
      ...loggedErrors(world),
      ...world.members.flatMap(({ log }) => reasonViolations(log.lines)),
    ],
    figures: verdict.figures,
    endState: endStateOf(changes),
    counts: writeCounts(changes),
    passes: await passesOf(world),
    rotations: rotationsIn(changes),
  };
}

/** How long commands of a scenario keep operators from their work, all together. */
function stalledByHandMs({ commands }: Scenario): number {
  return commands.reduce((sumMs, command) => {
    if (command.kind !== 'act') return sumMs;
    const [, duration = ''] = command.args;
    switch (command.verb) {
      case 'down':
      case 'pause':
        return sumMs + TAKEOVER_MS + (goDurationMs(duration) ?? 0);
      case 'kill':
        return sumMs + TAKEOVER_MS;
      default:
        return sumMs;
    }
  }, 0);
}

/** The oracle draws from a number. */
function numberOf(seed: string): number {
  return Math.floor(seeded(seed)() * 2 ** 31);
}

class Course {
  readonly violations: Violation[] = [];
  readonly #world: World;
  readonly #options: RunOptions;
  readonly #hands: Hands;
  /** Steps of the last touch are no part of the scenario. */
  stepsUntilRest = 0;
  /** How much longer faults made the world wait, all together. */
  stalledMs = 0;
  /** What the moments of the commands count from. */
  #originMs: number;
  #isEndless = false;

  constructor(world: World, options: RunOptions) {
    this.#world = world;
    this.#options = options;
    this.#hands = new Hands(world);
    this.#originMs = world.nowMs();
  }

  async run(): Promise<void> {
    for (const [index, command] of this.#options.scenario.commands.entries()) {
      await this.#take(command);
      if (this.#isEndless) break;
      this.#options.faults.begin?.(index);
    }
    if (!this.#isEndless) await this.#rest();
    this.stepsUntilRest = this.#world.steps.length;
    if (!this.#isEndless) await this.#touch();
  }

  async #take(command: Command): Promise<void> {
    const world = this.#world;
    if (command.kind === 'rest') return await this.#rest();
    if (command.kind === 'show') return world.note('#', 'show');
    await world.advance(this.#originMs + command.atMs - world.nowMs());
    if (command.verb === 'end') return;
    world.note('*', [command.verb, ...command.args].join(' '));
    try {
      this.#hands.act(command.verb, command.args);
    } catch (error) {
      if (!this.#options.lenient) throw new Error(`${command.text}: ${(error as Error).message}`);
      world.note('*', `  can't: ${(error as Error).message}`);
    }
  }

  async #rest(): Promise<void> {
    const world = this.#world;
    const { scenario } = this.#options;
    const sinceMs = world.nowMs();
    const changesBefore = world.changes.length;
    for (;;) {
      const nowMs = world.nowMs();
      // A fault that stalls an operator asks for a longer wait.
      const quietMs = Math.max(scenario.quietMs, this.#options.faults.stallMs());
      const nextMs = nextTransitionMs(world, scenario.horizonMs);
      const restMs = Math.max(sinceMs, world.lastWriteMs, nextMs) + quietMs;
      if (restMs <= nowMs) break;
      const restMaxMs = world.fights.length > 0 ? FIGHT_REST_MAX_MS : REST_MAX_MS;
      this.#isEndless = world.changes.length - changesBefore > CHANGES_MAX;
      if (this.#isEndless || nowMs - sinceMs > restMaxMs + scenario.horizonMs + 2 * quietMs) {
        const message = `there still is something to do after ${nowMs - sinceMs} ms`;
        if (world.fights.length === 0 || this.#isEndless) this.#violate('convergence', message);
        break;
      }
      await world.advance(Math.min(restMs - nowMs, LOOK_MS));
    }
    this.#originMs = world.nowMs();
    this.stalledMs += this.#options.faults.stallMs();
    this.#options.faults.rested?.();
  }

  /** Convergence: a pass too many writes nothing. */
  async #touch(): Promise<void> {
    const world = this.#world;
    if (world.api.hand.get(SET_PLURAL, NAMESPACE, SET_NAME) === null) return;
    // A step that somebody undoes for ever is tried again for ever.
    if (world.fights.length > 0) return;
    world.api.hand.edit(SET_PLURAL, NAMESPACE, SET_NAME, (draft) => {
      const annotations = child(metadataOf(draft), 'annotations');
      draft['metadata'] = { ...metadataOf(draft), annotations: { ...annotations, touched: 'yes' } };
    });
    const fromMs = world.nowMs();
    const before = world.lastWriteMs;
    await world.advance(TOUCH_MS);
    if (world.lastWriteMs !== before) {
      this.#violate('convergence', `a pass at rest writes ${world.lastWriteMs - fromMs} ms later`);
    }
  }

  #violate(promise: Broken, message: string): void {
    this.violations.push({ promise, atMs: this.#world.nowMs(), message });
  }
}

/** When the set's own status says that something is to happen soon; else 0. */
function nextTransitionMs(world: World, horizonMs: number): number {
  const set = world.api.hand.get(SET_PLURAL, NAMESPACE, SET_NAME) ?? {};
  const time = text(child(child(set, 'status'), 'nextTransition'), 'time');
  const atMs = time === '' ? 0 : Date.parse(time);
  return atMs - world.nowMs() > horizonMs ? 0 : atMs;
}

/**
 * No operator ever notices a bug of its own: such as an invariant that a write would break. What needs a person
 * is an error too, but says so with the reason of a step or a condition.
 */
function loggedErrors(world: World): readonly Violation[] {
  return world.members.flatMap(({ identity, log }) =>
    log.lines
      .filter(({ level, fields }) => level === 'error' && fields['reason'] === undefined)
      .map(({ fields, message }) => {
        const code = String(fields['code'] ?? 'no code');
        const text = `${identity} logs ${code}: ${message}`;
        return { promise: isBroken(code) ? code : 'error', atMs: world.nowMs(), message: text };
      }),
  );
}

async function passesOf(world: World): Promise<number> {
  const counts = await Promise.all(world.members.map((member) => member.passes()));
  return counts.reduce((sum, count) => sum + count, 0);
}
