/**
 * Everything that can go wrong at one step, by name. A fault says which steps it applies to, what
 * it does there, and what must hold in spite of it.
 */
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import type { Fault, WatchFault } from '../../fake-api/faults/fault.ts';
import { goDurationMs } from '../../fake-api/requests/go-duration.ts';
import { FIELD_NAMES, type FieldName, foughtField } from '../world/policies.ts';
import type { Step, StepFault } from '../world/steps.ts';
import {
  adorn,
  deleteObject,
  editData,
  editMetadata,
  giveAway,
  lowerTerms,
  raiseTerms,
  recreate,
  revert,
  unpublish,
} from './fault-hands.ts';
import type { Scene } from './scene.ts';

export interface FaultKind {
  readonly on: (step: Step) => boolean;
  readonly does: (scene: Scene) => StepFault;
  /**
   * What must be as it was in the run without a fault: the same end and the same creates and
   * deletes; or the same end with at most one more of each; or nothing but the promises.
   */
  readonly owes: 'all' | 'end' | 'promises';
  /** How long nothing may happen in the world before it continues. */
  readonly stallMs: number;
  /** Holds an operator up for longer than the moments of a scenario are apart. */
  readonly slow?: boolean;
}

/** Longer than a lease lasts, and the retry of whoever waits for it. */
const PAUSE_MS = 25_000;
/** Until another holds the lease of one that is dead. */
const TAKEOVER_MS = 25_000;
/** A page of a list that is never answered is given up after a minute, other requests sooner. */
const HANG_MS = 75_000;
/** What no watch reports is found by the list, or the pass, that comes in any case. */
export const RECHECK_MS = 620_000;
const CLOCK_OUT_MS = 10_000;
/** Until a step that is undone has been tried, and has backed off for longer than the world's rest. */
const FIGHT_MS = 40_000;
export const CLOCK_OUT_FOR_MS = 4000;
/** Half of the clock skew of the terms: so far may a clock be from true time. */
export const CLOCK_IN_MS = 500;
const LAG_MS = 3000;
/** Before the deadline of a write, so that it lands in time. */
const LATE_MARGIN_MS = 100;
export const LATE_MAX_MS = 3500;

const anyRequest = ({ kind }: Step) => kind !== 'event';
const isWrite = ({ kind }: Step) => kind === 'write';
const isAnswer = ({ kind }: Step) => kind === 'read' || kind === 'write';
const isEvent = ({ kind }: Step) => kind === 'event';
const isWork = (step: Step) => isAnswer(step) && step.resource !== 'events';
/** What someone can edit: an object that the request names. */
const isNamed = ({ kind, resource, name }: Step) =>
  (kind === 'read' || kind === 'write') &&
  /^(?:secrets|configmaps|signingkeysets)$/.test(resource) &&
  name.startsWith('payments');

const isSet = (step: Step) => isNamed(step) && step.resource === SET_PLURAL;
const isOwned = ({ resource }: Step) => resource === 'secrets' || resource === 'configmaps';

function status(
  code: number,
  on: FaultKind['on'],
  more: { readonly committed?: boolean; readonly retryAfterSeconds?: number } = {},
): FaultKind {
  const fault = { kind: 'status', status: code, committed: false, ...more } as const;
  return { on, does: () => ({ wire: () => [fault] }), owes: 'all', stallMs: 15_000 };
}

function onWire(on: FaultKind['on'], stallMs: number, ...faults: readonly Fault[]): FaultKind {
  return { on, does: () => ({ wire: () => faults }), owes: 'all', stallMs };
}

function onLine(line: WatchFault, stallMs: number): FaultKind {
  return { on: isEvent, does: () => ({ line }), owes: 'all', stallMs };
}

function byHand(on: FaultKind['on'], act: (scene: Scene) => void): FaultKind {
  return { on, does: (scene) => ({ before: () => act(scene) }), owes: 'promises', stallMs: 30_000 };
}

function atOnce(
  owes: FaultKind['owes'],
  stallMs: number,
  act: (scene: Scene) => void,
  on: FaultKind['on'] = isWork,
): FaultKind {
  return { on, does: (scene) => ({ before: () => act(scene) }), owes, stallMs };
}

function slow(kind: FaultKind): FaultKind {
  return { ...kind, slow: true };
}

/** An operator's clock is wrong from then on. */
function clock(offsetMs: number): FaultKind {
  return atOnce('all', 10_000, ({ member: { host } }) => {
    host.offsetMs = offsetMs;
  });
}

/** An operator's clock jumps further than the terms allow, and then back. */
function clockOut(offsetMs: number): FaultKind {
  const jump = atOnce('end', RECHECK_MS, ({ world, member: { host } }) => {
    host.jumpedMs = offsetMs;
    world.after(CLOCK_OUT_FOR_MS, () => {
      host.jumpedMs = null;
    });
  });
  return slow(jump);
}

/** The API server's clock, by which it dates its answers, is wrong from then on. */
function serverClock(offsetMs: number): FaultKind {
  return atOnce('all', 10_000, ({ world: { api } }) => {
    api.clockOffsetMs = offsetMs;
  });
}

function serverClockOut(offsetMs: number): FaultKind {
  const jump = atOnce('end', RECHECK_MS, ({ world }) => {
    const { api } = world;
    const usualMs = api.clockOffsetMs;
    api.clockOffsetMs = offsetMs;
    world.after(CLOCK_OUT_FOR_MS, () => {
      api.clockOffsetMs = usualMs;
    });
  });
  return slow(jump);
}

/** From then on, a policy has one field of the object that is written as it wants it. */
function fight(field: FieldName): FaultKind {
  const { on } = foughtField(field);
  return {
    on: ({ kind, resource, name }) =>
      kind === 'write' && name.startsWith('payments') && on(resource, name),
    does: ({ world, step }) => ({ before: () => world.fight(field, step.resource, step.name) }),
    owes: 'promises',
    stallMs: FIGHT_MS,
  };
}

const FIGHTS = Object.fromEntries(
  FIELD_NAMES.map((field) => [`policy-${field}`, fight(field)] as const),
) as Readonly<Record<`policy-${FieldName}`, FaultKind>>;

/** Those of somebody who fights over a field for ever. */
export const FIGHT_FAULTS: readonly string[] = Object.keys(FIGHTS);

/** Every fault by name, except the `stale-N` ones, which {@link faultsOn} and {@link faultNamed} add. */
const FAULTS = {
  'crash-before': slow(
    atOnce('all', TAKEOVER_MS, ({ world, member }) => world.kill(member), anyRequest),
  ),
  'crash-after': slow({
    on: isAnswer,
    does: ({ world, member }) => ({ after: () => world.kill(member) }),
    owes: 'all',
    stallMs: TAKEOVER_MS,
  }),
  'lose-answer': onWire(isWrite, 15_000, { kind: 'lose-answer' }),
  reset: onWire(anyRequest, 15_000, { kind: 'drop', code: 'ECONNRESET' }),
  hang: slow(onWire(anyRequest, HANG_MS, { kind: 'hang', committed: false })),
  'hang-after': slow(onWire(isWrite, HANG_MS, { kind: 'hang', committed: true })),
  truncate: onWire(isAnswer, 15_000, { kind: 'truncate', bytes: 20, silent: false }),
  'truncate-silent': onWire(isAnswer, 15_000, { kind: 'truncate', bytes: 20, silent: true }),
  lag: slow(onWire(isAnswer, 15_000, { kind: 'delay', where: 'after', ms: 1500 })),
  '401': status(401, anyRequest),
  '403': status(403, anyRequest),
  '404': { ...status(404, anyRequest), owes: 'promises', stallMs: RECHECK_MS },
  '409': status(409, anyRequest),
  '410': status(410, anyRequest),
  '429': slow(status(429, anyRequest, { retryAfterSeconds: 2 })),
  '500': status(500, anyRequest),
  '500-after': status(500, isWrite, { committed: true }),
  '503': status(503, anyRequest),
  '504-after': status(504, isWrite, { committed: true }),
  late: slow({
    on: isWrite,
    does: ({ step }) => ({ wire: lateBy(step) }),
    owes: 'all',
    stallMs: 15_000,
  }),
  'late-dead': slow({
    on: isWrite,
    does: ({ world, member, step }) => ({
      wire: (request) => {
        // It dies while its write is still on its way; the next operator is at work when the write arrives.
        world.kill(member, 100);
        return lateBy(step)(request);
      },
    }),
    owes: 'end',
    stallMs: TAKEOVER_MS,
  }),
  'late-paused': slow({
    on: isWrite,
    does: ({ world, member, step }) => ({
      wire: (request) => {
        world.pause(member, LATE_MAX_MS + 500);
        world.start(world.options.operators + 1, false);
        return lateBy(step)(request);
      },
    }),
    owes: 'end',
    stallMs: TAKEOVER_MS,
  }),
  'pause-before': slow(
    atOnce('all', PAUSE_MS + 15_000, ({ world, member }) => world.pause(member, PAUSE_MS)),
  ),
  'pause-after': slow({
    on: isWork,
    does: ({ world, member }) => ({ after: () => world.pause(member, PAUSE_MS) }),
    owes: 'all',
    stallMs: PAUSE_MS + 15_000,
  }),
  second: atOnce('end', 0, ({ world }) => {
    world.start(world.options.operators + 1, false);
  }),
  'clock-ahead': clock(CLOCK_IN_MS),
  'clock-behind': clock(-CLOCK_IN_MS),
  'clock-far-ahead': clockOut(CLOCK_OUT_MS),
  'clock-far-behind': clockOut(-CLOCK_OUT_MS),
  'server-ahead': serverClock(CLOCK_IN_MS),
  'server-behind': serverClock(-CLOCK_IN_MS),
  'server-far-ahead': serverClockOut(CLOCK_OUT_MS),
  'server-far-behind': serverClockOut(-CLOCK_OUT_MS),
  drop: slow(onLine('drop', RECHECK_MS)),
  double: onLine('double', 0),
  delay: slow(onLine({ delayMs: LAG_MS }, LAG_MS)),
  break: slow(onLine('break', 15_000)),
  end: slow(onLine('end', 15_000)),
  gone: slow(onLine('gone', 15_000)),
  delete: byHand((step) => isNamed(step) && step.resource !== 'signingkeysets', deleteObject),
  recreate: byHand(isNamed, recreate),
  'edit-data': byHand(isNamed, editData),
  unpublish: byHand((step) => isNamed(step) && step.resource === 'configmaps', unpublish),
  'edit-metadata': byHand(isNamed, editMetadata),
  adorn: byHand(isNamed, adorn),
  revert: byHand((step) => isNamed(step) && isOwned(step), revert),
  // The longest wait that begins anew with them.
  'raise-terms': { ...byHand(isSet, raiseTerms), stallMs: 70_000 },
  'lower-terms': byHand(isSet, lowerTerms),
  ...FIGHTS,
  'give-away': byHand((step) => isNamed(step) && isWrite(step) && isOwned(step), giveAway),
} as const satisfies Readonly<Record<string, FaultKind>>;

/** `stale-2`: the read shows the object as it was before its last but one change. */
const STALE = /^stale-(\d+)$/;

const stale: FaultKind = {
  on: () => false,
  does: () => ({}),
  owes: 'promises',
  stallMs: RECHECK_MS,
};

/** Those of the API server's clock. */
export const SERVER_CLOCK_FAULTS = [
  'server-ahead',
  'server-behind',
  'server-far-ahead',
  'server-far-behind',
] as const satisfies readonly (keyof typeof FAULTS)[];

/** The names of all faults that apply to a step. */
export function faultsOn(step: Step): readonly string[] {
  const named = Object.entries<FaultKind>(FAULTS).filter(([, kind]) => kind.on(step));
  const snapshots = step.resource === 'events' ? 0 : step.snapshots;
  const stales = Array.from({ length: snapshots }, (_, index) => `stale-${index + 1}`);
  return [...named.map(([name]) => name), ...stales];
}

/** @throws if there is no such fault. */
export function faultNamed(name: string): FaultKind {
  const back = STALE.exec(name)?.[1];
  if (back !== undefined) return { ...stale, does: (scene) => staleRead(scene, Number(back)) };
  const found = (FAULTS as Readonly<Record<string, FaultKind>>)[name];
  if (found === undefined) throw new Error(`there is no fault ${name}`);
  return found;
}

/** `stale-7` and `stale-2` are of one kind. */
export function familyOf(name: string): string {
  return STALE.test(name) ? 'stale' : name;
}

function staleRead({ world, step }: Scene, back: number): StepFault {
  const { verb, resource, name } = step;
  const changed = world.revisionsOf(verb === 'get' ? `${resource}/${name}` : resource);
  const revision = changed.at(-back);
  if (revision === undefined) return {};
  return { wire: () => [{ kind: 'stale', revision: revision - 1 }] };
}

function lateBy(step: Step): (request: KubeRequest) => readonly Fault[] {
  return ({ query }) => {
    const timeoutMs = goDurationMs(query?.['timeout'] ?? '') ?? 0;
    const ms = Math.min(LATE_MAX_MS, timeoutMs - LATE_MARGIN_MS);
    if (ms <= 0) throw new Error(`${step.key} has no time left to be late`);
    return [{ kind: 'delay', where: 'before', ms }];
  };
}
